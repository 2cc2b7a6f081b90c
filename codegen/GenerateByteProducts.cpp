//===- GenerateByteProducts.cpp - Writes products of 8-bit numbers --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/VectorBuilder.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_GENERATEBYTEPRODUCTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// Writes one product. A task is a panel and a block of rows:
///
///   for tiles of rows
///     for the groups: y += scale (sums of the group, as integers)
///       for units of a row: sums += four bytes of a column x those of a row
class ByteProductEmitter : VectorBuilder {
public:
  ByteProductEmitter(ByteProductOp op, const KernelTarget &target,
                     StringRef dot, int64_t leastWork, OpBuilder &builder)
      : VectorBuilder(op, target, builder), op(op), dot(dot),
        leastWork(leastWork) {
    // A sum of a group and one of a row an element of the tile, and the vectors
    // that are multiplied.
    int64_t most = (target.registers - vectors - 2) / (2 * vectors);
    known = cast<MemRefType>(op.getRows().getType()).getDimSize(0);
    tileRows = ShapedType::isDynamic(known) ? most : std::min(most, known);
    blockRows = 8 * tileRows;
    units = cast<MemRefType>(op.getCodes().getType()).getDimSize(1);
  }

  void emit(bool parallel) {
    Value count = size(op.getRows(), 0);
    Value blocks = divide(add(count, blockRows - 1), blockRows);
    Value tasks = mul(blocks, op.getPanels());
    // A row of a task is `units` dots for each vector of the panel.
    int64_t each = units * 4 * op.getPanelColumns() / lanes;
    Value work =
        mul(most(least(count, constant(blockRows)), constant(1)), each);
    Value grain = b.createOrFold<arith::CeilDivUIOp>(constant(leastWork), work);
    forTasks(
        tasks, grain, parallel, [] {},
        [&](Value task) {
          Value rest = task;
          first = mul(takeIndex(rest, blocks), blockRows);
          panel = rest;
          last = least(add(first, blockRows), count);
          for (column = 0; column < op.getPanelColumns();
               column += vectors * lanes)
            emitRows();
        });
  }

private:
  /// Whole tiles, and of what is left a half, a quarter, …
  void emitRows() {
    Value begin = first;
    for (int64_t rows = tileRows; rows > 0;
         rows = llvm::bit_floor(uint64_t(rows - 1))) {
      Value end = add(begin, mul(divide(sub(last, begin), rows), rows));
      loop(begin, end, rows, [&](Value row) { emitTile(row, rows); });
      if (known == rows)
        return;
      begin = end;
    }
  }

  void emitTile(Value row, int64_t rows);
  Values addGroup(Value row, int64_t rows, Value group, ValueRange totals);
  Values addUnit(Value row, int64_t rows, Value unit, ValueRange sums);

  Value bytesOf(Value x) {
    return vector::BitCastOp::create(
        b, VectorType::get(4 * lanes, b.getI8Type()), x);
  }
  Value wordsOf(Value x) {
    return vector::BitCastOp::create(b, VectorType::get(lanes, b.getI32Type()),
                                     x);
  }
  Value splatWord(int64_t value) {
    auto type = VectorType::get(lanes, b.getI32Type());
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, static_cast<int32_t>(value)));
  }
  /// Four bytes of a row, in all lanes.
  Value rowBytes(Value row, Value place) {
    Value few = vector::LoadOp::create(b, VectorType::get(4, b.getI8Type()),
                                       op.getRows(), {row, place});
    Value word =
        vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), few);
    word = vector::ExtractOp::create(b, word, 0);
    return bytesOf(vector::BroadcastOp::create(
        b, VectorType::get(lanes, b.getI32Type()), word));
  }
  Value multiplyAdd(Value codes, Value row, Value sum) {
    return LLVM::CallIntrinsicOp::create(b, sum.getType(), b.getStringAttr(dot),
                                         ValueRange{sum, codes, row})
        .getResults();
  }

  /// Vectors of columns of a tile: what is read of a row serves all.
  static constexpr int64_t vectors = 2;

  ByteProductOp op;
  StringRef dot;
  int64_t leastWork, known, tileRows, blockRows, units;
  // Of the present task:
  Value panel, first, last;
  int64_t column = 0;
};
} // namespace

void ByteProductEmitter::emitTile(Value row, int64_t rows) {
  Values totals(rows * vectors, splat(0));
  totals = loop(constant(0), constant(op.getGroups()), 1, totals,
                [&](Value group, ValueRange totals) {
                  return addGroup(row, rows, group, totals);
                });
  int64_t features =
      cast<MemRefType>(op.getInitOutput().getType()).getDimSize(1);
  bool isWhole = features % op.getPanelColumns() == 0;
  for (int64_t v = 0; v < vectors; ++v) {
    Value at = add(mul(panel, op.getPanelColumns()), column + v * lanes);
    Value mask = isWhole ? Value()
                         : vector::CreateMaskOp::create(
                               b, VectorType::get(lanes, b.getI1Type()),
                               sub(constant(features), at))
                               .getResult();
    for (int64_t r = 0; r < rows; ++r) {
      Values place = {add(row, r), at};
      Value total = totals[r * vectors + v];
      if (isWhole)
        vector::StoreOp::create(b, total, op.getInitOutput(), place);
      else
        vector::MaskedStoreOp::create(b, op.getInitOutput(), place, mask,
                                      total);
    }
  }
}

/// y += s t (Σ q u - shift Σ q) + o t Σ q
SmallVector<Value> ByteProductEmitter::addGroup(Value row, int64_t rows,
                                                Value group,
                                                ValueRange totals) {
  auto words = VectorType::get(lanes, b.getI32Type());
  Values steps, rowSums, sums;
  for (int64_t r = 0; r < rows; ++r) {
    Values place = {add(row, r), group};
    steps.push_back(load(op.getSteps(), place));
    rowSums.push_back(memref::LoadOp::create(b, op.getSums(), place));
    Value shift = arith::ConstantIntOp::create(b, b.getI32Type(),
                                               -int64_t(op.getShift()));
    Value begin = b.createOrFold<arith::MulIOp>(rowSums.back(), shift);
    sums.append(vectors, vector::BroadcastOp::create(b, words, begin));
  }
  int64_t each = units / op.getGroups();
  Value begin = mul(group, each);
  sums =
      loop(begin, add(begin, each), 1, sums, [&](Value unit, ValueRange sums) {
        return addUnit(row, rows, unit, sums);
      });
  Values next(totals);
  for (int64_t v = 0; v < vectors; ++v) {
    Values place = {panel, group, constant(column + v * lanes)};
    Value scale = loadLanes(op.getScales(), place, lanes);
    Value offset =
        op.getOffsets() ? loadLanes(op.getOffsets(), place, lanes) : Value();
    for (int64_t r = 0; r < rows; ++r) {
      Value &total = next[r * vectors + v];
      Value sum =
          arith::SIToFPOp::create(b, vectorType(), sums[r * vectors + v]);
      total = fma(sum, fmul(scale, broadcast(steps[r])), total);
      if (!offset)
        continue;
      Value rowSum = arith::SIToFPOp::create(b, b.getF32Type(), rowSums[r]);
      total = fma(offset, broadcast(fmul(steps[r], rowSum)), total);
    }
  }
  return next;
}

SmallVector<Value> ByteProductEmitter::addUnit(Value row, int64_t rows,
                                               Value unit, ValueRange sums) {
  Values low, high, next(sums);
  for (int64_t v = 0; v < vectors; ++v) {
    Value place = constant(4 * (column + v * lanes));
    Value codes =
        vector::LoadOp::create(b, VectorType::get(4 * lanes, b.getI8Type()),
                               op.getCodes(), {panel, unit, place});
    if (!op.getPacked()) {
      low.push_back(codes);
      continue;
    }
    Value bits = wordsOf(codes), half = splatWord(0x0f0f0f0f);
    low.push_back(bytesOf(arith::AndIOp::create(b, bits, half)));
    bits = arith::ShRUIOp::create(b, bits, splatWord(4));
    high.push_back(bytesOf(arith::AndIOp::create(b, bits, half)));
  }
  for (int64_t r = 0; r < rows; ++r) {
    Value place = mul(unit, op.getUnit());
    Value bytes = rowBytes(add(row, r), place);
    for (int64_t v = 0; v < vectors; ++v) {
      Value &sum = next[r * vectors + v];
      sum = multiplyAdd(low[v], bytes, sum);
    }
    if (!op.getPacked())
      continue;
    bytes = rowBytes(add(row, r), add(place, 4));
    for (int64_t v = 0; v < vectors; ++v) {
      Value &sum = next[r * vectors + v];
      sum = multiplyAdd(high[v], bytes, sum);
    }
  }
  return next;
}

namespace {
struct GenerateByteProductsPass
    : lathe::impl::GenerateByteProductsBase<GenerateByteProductsPass> {
  using GenerateByteProductsBase::GenerateByteProductsBase;

  void runOnOperation() override {
    SmallVector<ByteProductOp> ops;
    getOperation().walk([&](ByteProductOp op) { ops.push_back(op); });
    KernelTarget target = {vectorBytes, registers, /*cacheBytes=*/0};
    for (ByteProductOp op : ops) {
      OpBuilder b(op);
      ByteProductEmitter(op, target, dot, leastThreadWork, b).emit(parallel);
      op.erase();
      ++generated;
    }
  }
};
} // namespace
