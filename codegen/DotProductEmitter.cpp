//===- DotProductEmitter.cpp - Writes products of narrow numbers ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/DotProductEmitter.h"
#include "codegen/NestPlan.h"
#include "codegen/Target.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

static constexpr int64_t vectors = dotTileVectors;

DotProductEmitter::DotProductEmitter(DotProductOp op, const DotTarget &target,
                                     OpBuilder &builder)
    : VectorBuilder(op, target.vectors, builder), op(op), target(target),
      length(op.getDotLength()), units(op.getCodesType().getDimSize(1)),
      features(cast<MemRefType>(op.getInitOutput().getType()).getDimSize(1)),
      known(op.getRowsType().getDimSize(0)),
      tileRows(countDotTileRows(op, target.vectors.registers)) {
  blockRows = 8 * tileRows;
}

void DotProductEmitter::emit(bool parallel) {
  Value count = size(op.getRows(), 0);
  Value blocks = divide(add(count, blockRows - 1), blockRows);
  int64_t chunks = llvm::divideCeil(op.getPanels(), taskPanels);
  Value tasks = mul(blocks, chunks);
  Value work = mul(most(least(count, constant(blockRows)), constant(1)),
                   countRowWork() * taskPanels);
  // Of a few rows, a task takes as long as its panel comes from memory: a byte
  // in the time of an operation.
  work = most(work, constant(countPanelBytes() * taskPanels));
  Value grain = b.createOrFold<arith::CeilDivUIOp>(
      constant(target.leastThreadWork), work);
  forTasks(
      tasks, grain, parallel, [&] { allocateScratch(); },
      [&](Value task) {
        Value rest = task, block;
        if (panelsInside) {
          panel = mul(takeIndex(rest, constant(chunks)), taskPanels);
          block = rest;
        } else {
          block = takeIndex(rest, blocks);
          panel = rest;
        }
        first = mul(block, blockRows);
        last = least(add(first, blockRows), count);
        emitRows();
      });
}

//===----------------------------------------------------------------------===//
// Tiles of vectors
//===----------------------------------------------------------------------===//

void DotProductEmitter::emitVectorRows(Value from, Value to) {
  for (column = 0; column < op.getPanelColumns(); column += vectors * lanes) {
    Value begin = from;
    for (int64_t rows = tileRows; rows > 0;
         rows = llvm::bit_floor(uint64_t(rows - 1))) {
      Value end = add(begin, mul(divide(sub(to, begin), rows), rows));
      loop(begin, end, rows, [&](Value row) { emitTile(row, rows); });
      if (known == rows)
        break;
      begin = end;
    }
  }
}

void DotProductEmitter::emitTile(Value row, int64_t rows) {
  Values totals(rows * vectors, splat(0));
  if (op.isInteger())
    totals = loop(constant(0), constant(op.getGroups()), 1, totals,
                  [&](Value group, ValueRange totals) {
                    return addGroup(row, rows, group, totals);
                  });
  else
    totals = addUnits(row, rows, constant(0), constant(units), totals);
  for (int64_t v = 0; v < vectors; ++v) {
    Value at = add(mul(panel, op.getPanelColumns()), column + v * lanes);
    Values ofVector;
    for (int64_t r = 0; r < rows; ++r)
      ofVector.push_back(totals[r * vectors + v]);
    finishVector(row, at, ofVector);
  }
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// What unsigned bytes are above signed ones.
static constexpr int64_t raise = 128;

/// y += s t (Σ q u - shift Σ q) + o t Σ q
SmallVector<Value> DotProductEmitter::addGroup(Value row, int64_t rows,
                                               Value group, ValueRange totals) {
  Values steps, rowSums, sums;
  for (int64_t r = 0; r < rows; ++r) {
    Values place = {add(row, r), group};
    steps.push_back(load(op.getSteps(), place));
    rowSums.push_back(memref::LoadOp::create(b, op.getSums(), place));
    int64_t above = op.getShift() + (target.raised ? raise : 0);
    Value shift = arith::ConstantIntOp::create(b, b.getI32Type(), -above);
    Value begin = b.createOrFold<arith::MulIOp>(rowSums.back(), shift);
    sums.append(vectors, vector::BroadcastOp::create(b, wordsType(), begin));
  }
  if (rows < tileRows) {
    prefetchAfter(op.getScales(), group, 1);
    if (op.getOffsets())
      prefetchAfter(op.getOffsets(), group, 1);
  }
  int64_t each = units / op.getGroups();
  Value begin = mul(group, each);
  sums = addUnits(row, rows, begin, add(begin, each), sums);
  Values next(totals);
  for (int64_t v = 0; v < vectors; ++v) {
    Values place = {panel, group, constant(column + v * lanes)};
    Value scale = loadLanes(op.getScales(), place, lanes);
    Value offset =
        op.getOffsets() ? loadLanes(op.getOffsets(), place, lanes) : Value();
    for (int64_t r = 0; r < rows; ++r) {
      Value &total = next[r * vectors + v];
      total = addScaled(total, sums[r * vectors + v], steps[r], rowSums[r],
                        scale, offset);
    }
  }
  return next;
}

Value DotProductEmitter::addScaled(Value total, Value sum, Value step,
                                   Value rowSum, Value scale, Value offset) {
  sum = arith::SIToFPOp::create(b, vectorType(), sum);
  total = fma(sum, fmul(scale, broadcast(step)), total);
  if (!offset)
    return total;
  rowSum = arith::SIToFPOp::create(b, b.getF32Type(), rowSum);
  return fma(offset, broadcast(fmul(step, rowSum)), total);
}

SmallVector<Value> DotProductEmitter::addUnits(Value row, int64_t rows,
                                               Value begin, Value end,
                                               ValueRange sums) {
  return loop(begin, end, 1, sums, [&](Value unit, ValueRange sums) {
    return addUnit(row, rows, unit, sums);
  });
}

Value DotProductEmitter::splatWord(int64_t value) {
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(wordsType(), static_cast<int32_t>(value)));
}

Value DotProductEmitter::raiseCodes(Value codes) {
  Value bits = vector::BitCastOp::create(b, wordsType(), codes);
  return codesOf(arith::XOrIOp::create(b, bits, splatWord(0x80808080)));
}

std::pair<Value, Value> DotProductEmitter::unpack(Value codes) {
  Value bits = vector::BitCastOp::create(b, wordsType(), codes);
  Value half = splatWord(0x0f0f0f0f);
  Value low = codesOf(arith::AndIOp::create(b, bits, half));
  bits = arith::ShRUIOp::create(b, bits, splatWord(4));
  return {low, codesOf(arith::AndIOp::create(b, bits, half))};
}

/// Neighbours of a row, as many as make 32 bits, in all lanes.
Value DotProductEmitter::rowCodes(Value row, Value place) {
  auto few = VectorType::get(length, codesType().getElementType());
  Value word = vector::LoadOp::create(b, few, op.getRows(), {row, place});
  word = vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), word);
  word = vector::ExtractOp::create(b, word, 0);
  return codesOf(vector::BroadcastOp::create(b, wordsType(), word));
}

Value DotProductEmitter::multiplyAdd(Value codes, Value row, Value sum) {
  return LLVM::CallIntrinsicOp::create(b, sum.getType(),
                                       b.getStringAttr(target.dot),
                                       ValueRange{sum, codes, row})
      .getResults();
}

/// A few rows wait for their panel, which comes faster asked for than foreseen:
/// the vectors of `operand` some bytes behind those at `place` of the panel's
/// second dimension.
void DotProductEmitter::prefetchAfter(Value operand, Value place,
                                      int64_t perColumn) {
  auto type = cast<MemRefType>(operand.getType());
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  int64_t later = std::max<int64_t>(
      bytesAhead / (perColumn * bytes * op.getPanelColumns()), 1);
  place = least(add(place, later), constant(type.getDimSize(1) - 1));
  int64_t begin = perColumn * column, end = begin + perColumn * vectors * lanes;
  for (int64_t at = begin; at < end; at += lineBytes / bytes)
    memref::PrefetchOp::create(b, operand,
                               ValueRange{panel, place, constant(at)},
                               /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
}

SmallVector<Value> DotProductEmitter::addUnit(Value row, int64_t rows,
                                              Value unit, ValueRange sums) {
  Values low, high, next(sums);
  if (rows < tileRows)
    prefetchAfter(op.getCodes(), unit, length);
  for (int64_t v = 0; v < vectors; ++v) {
    Value place = constant(length * (column + v * lanes));
    Value codes = vector::LoadOp::create(b, codesType(), op.getCodes(),
                                         {panel, unit, place});
    if (!op.getPacked()) {
      low.push_back(target.raised ? raiseCodes(codes) : codes);
      continue;
    }
    auto [even, odd] = unpack(codes);
    low.push_back(even);
    high.push_back(odd);
  }
  for (int64_t r = 0; r < rows; ++r) {
    Value place = mul(unit, op.getUnit());
    Value codes = rowCodes(add(row, r), place);
    for (int64_t v = 0; v < vectors; ++v) {
      Value &sum = next[r * vectors + v];
      sum = multiplyAdd(low[v], codes, sum);
    }
    if (!op.getPacked())
      continue;
    codes = rowCodes(add(row, r), add(place, length));
    for (int64_t v = 0; v < vectors; ++v) {
      Value &sum = next[r * vectors + v];
      sum = multiplyAdd(high[v], codes, sum);
    }
  }
  return next;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// The mask of a vector that begins at the column `at`; null for all lanes.
Value DotProductEmitter::maskFrom(Value at) {
  if (features % op.getPanelColumns() == 0)
    return {};
  return vector::CreateMaskOp::create(b, VectorType::get(lanes, b.getI1Type()),
                                      sub(constant(features), at));
}

void DotProductEmitter::finishVector(Value row, Value at, ValueRange totals) {
  Value mask = maskFrom(at);
  // What is the same for all rows is read once.
  Values shared(op.getExtras().size());
  for (auto [r, total] : llvm::enumerate(totals)) {
    Value place = add(row, r);
    if (!op.getFinish().empty()) {
      Values arguments;
      for (auto [i, extra] : llvm::enumerate(op.getExtras())) {
        bool isShared = !op.getExtraMap(i).isFunctionOfDim(0);
        Value value = isShared ? shared[i] : Value();
        if (!value)
          value = loadExtra(op.getExtras()[i], op.getExtraMap(i), {place, at},
                            mask, lanes);
        shared[i] = value;
        arguments.push_back(value);
      }
      arguments.push_back(total);
      total = apply(op.getFinish(), arguments);
    }
    if (mask)
      vector::MaskedStoreOp::create(b, op.getInitOutput(), {place, at}, mask,
                                    total);
    else
      vector::StoreOp::create(b, total, op.getInitOutput(), {place, at});
  }
}
