//===- VectorBuilder.cpp - Writes loops over vectors of f32
//----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/VectorBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

void VectorBuilder::forTasks(Value count, Value grain, bool parallel,
                             function_ref<void()> allocate,
                             function_ref<void(Value)> body) {
  if (!parallel) {
    auto task = op->getParentOfType<ParallelOp>();
    scratchBlock = task ? &task.getBody().front()
                        : &op->getParentOfType<func::FuncOp>().front();
    allocate();
    loop(constant(0), count, 1, body);
    return;
  }
  auto tasks = ParallelOp::create(b, count, grain);
  OpBuilder::InsertionGuard guard(b);
  scratchBlock =
      b.createBlock(&tasks.getBody(), {}, b.getIndexType(), b.getLoc());
  allocate();
  body(scratchBlock->getArgument(0));
  YieldOp::create(b, ValueRange());
}

//===----------------------------------------------------------------------===//
// Indices and loops
//===----------------------------------------------------------------------===//

Value VectorBuilder::takeIndex(Value &rest, Value size) {
  Value index = b.createOrFold<arith::RemUIOp>(rest, size);
  rest = b.createOrFold<arith::DivUIOp>(rest, size);
  return index;
}

SmallVector<Value>
VectorBuilder::loop(Value begin, Value end, int64_t step, ValueRange carried,
                    function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, begin, end, constant(step), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!next.empty())
    scf::YieldOp::create(b, next);
  return loop.getResults();
}

void VectorBuilder::loop(Value begin, Value end, int64_t step,
                         function_ref<void(Value)> body) {
  loop(begin, end, step, ValueRange(), [&](Value i, ValueRange) {
    body(i);
    return Values();
  });
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

Value VectorBuilder::scalar(double value) {
  return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
}

Value VectorBuilder::splat(double value) {
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(vectorType(), static_cast<float>(value)));
}

Value VectorBuilder::widen(Value x) {
  Type wide = b.getF32Type();
  if (getElementTypeOrSelf(x) == wide)
    return x;
  if (auto vector = dyn_cast<VectorType>(x.getType()))
    wide = vector.clone(wide);
  return arith::ExtFOp::create(b, wide, x);
}

Value VectorBuilder::load(Value buffer, ValueRange indices) {
  return widen(memref::LoadOp::create(b, buffer, indices));
}

bool VectorBuilder::isContiguousInside(Value buffer) {
  return cast<MemRefType>(buffer.getType()).areTrailingDimsContiguous(1);
}

Value VectorBuilder::loadLanes(Value buffer, ValueRange indices, int64_t count,
                               int64_t width) {
  if (!isContiguousInside(buffer)) {
    Values elements(width, scalar(0));
    for (int64_t i = 0; i < count; ++i) {
      Values at(indices);
      at.back() = add(at.back(), i);
      elements[i] = load(buffer, at);
    }
    return vector::FromElementsOp::create(b, vectorType(width), elements);
  }
  if (count < width)
    return loadLanes(buffer, indices, maskOf(count, width));
  auto type = VectorType::get(width, getElementTypeOrSelf(buffer));
  return widen(vector::LoadOp::create(b, type, buffer, indices));
}

Value VectorBuilder::loadLanes(Value buffer, ValueRange indices, Value mask) {
  auto type =
      cast<VectorType>(mask.getType()).clone(getElementTypeOrSelf(buffer));
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return widen(
      vector::MaskedLoadOp::create(b, type, buffer, indices, mask, zeros));
}

void VectorBuilder::storeLanes(Value x, Value buffer, ValueRange indices,
                               int64_t count) {
  Type element = getElementTypeOrSelf(buffer);
  auto type = cast<VectorType>(x.getType());
  if (element != type.getElementType())
    x = arith::TruncFOp::create(b, type.clone(element), x);
  if (!isContiguousInside(buffer)) {
    for (int64_t i = 0; i < count; ++i) {
      Values at(indices);
      at.back() = add(at.back(), i);
      memref::StoreOp::create(b, vector::ExtractOp::create(b, x, i), buffer,
                              at);
    }
    return;
  }
  int64_t width = type.getNumElements();
  if (count < width)
    vector::MaskedStoreOp::create(b, buffer, indices, maskOf(count, width), x);
  else
    vector::StoreOp::create(b, x, buffer, indices);
}

Value VectorBuilder::loadFirst(Value buffer, ValueRange indices, Value count,
                               int64_t width) {
  if (std::optional<int64_t> known = getConstantIntValue(count))
    return loadLanes(buffer, indices, *known, width);
  if (isContiguousInside(buffer))
    return loadLanes(buffer, indices, maskOf(count, width));
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(vectorType(width)));
  return loop(constant(0), count, 1, none,
              [&](Value i, ValueRange loaded) -> Values {
                Values at(indices);
                at.back() = add(at.back(), i);
                return {vector::InsertOp::create(b, load(buffer, at), loaded[0],
                                                 OpFoldResult(i))};
              })
      .front();
}

void VectorBuilder::storeFirst(Value x, Value buffer, ValueRange indices,
                               Value count) {
  if (std::optional<int64_t> known = getConstantIntValue(count))
    return storeLanes(x, buffer, indices, *known);
  Type element = getElementTypeOrSelf(buffer);
  auto type = cast<VectorType>(x.getType());
  if (element != type.getElementType())
    x = arith::TruncFOp::create(b, type.clone(element), x);
  if (isContiguousInside(buffer)) {
    Value mask = maskOf(count, type.getNumElements());
    vector::MaskedStoreOp::create(b, buffer, indices, mask, x);
    return;
  }
  loop(constant(0), count, 1, [&](Value i) {
    Values at(indices);
    at.back() = add(at.back(), i);
    Value element = vector::ExtractOp::create(b, x, OpFoldResult(i));
    memref::StoreOp::create(b, element, buffer, at);
  });
}

Value VectorBuilder::loadScratch(Value scratch, Value row, Value column) {
  return vector::LoadOp::create(b, vectorType(), scratch,
                                ValueRange{row, column});
}

void VectorBuilder::storeScratch(Value x, Value scratch, Value row,
                                 Value column) {
  vector::StoreOp::create(b, x, scratch, ValueRange{row, column});
}

Value VectorBuilder::allocate(int64_t rows, int64_t columns, Type type) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(scratchBlock);
  constexpr int64_t cacheLine = 64;
  return memref::AllocaOp::create(
      b, MemRefType::get({rows, columns}, type ? type : b.getF32Type()),
      b.getI64IntegerAttr(cacheLine));
}

Value VectorBuilder::maskOf(int64_t count, int64_t width) {
  return vector::ConstantMaskOp::create(
      b, VectorType::get(width, b.getI1Type()), ArrayRef<int64_t>{count});
}

Value VectorBuilder::maskOf(Value count, int64_t width) {
  if (std::optional<int64_t> known = getConstantIntValue(count))
    return maskOf(*known, width);
  return vector::CreateMaskOp::create(b, VectorType::get(width, b.getI1Type()),
                                      count);
}

/// Blocks off the diagonal change places, of half the size each time.
SmallVector<Value>
mlir::lathe::kernel::transposeVectors(ImplicitLocOpBuilder &b,
                                      SmallVector<Value> rows) {
  auto lanes = static_cast<int64_t>(rows.size());
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    SmallVector<int64_t> upper, lower;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      bool isSecond = lane & half;
      upper.push_back(isSecond ? lanes + lane - half : lane);
      lower.push_back(isSecond ? lanes + lane : lane + half);
    }
    for (int64_t i = 0; i < lanes; ++i) {
      if (i & half)
        continue;
      Value x = rows[i], y = rows[i + half];
      rows[i] = vector::ShuffleOp::create(b, x, y, upper);
      rows[i + half] = vector::ShuffleOp::create(b, x, y, lower);
    }
  }
  return rows;
}

Value VectorBuilder::fadd(Value x, Value y) {
  return arith::AddFOp::create(b, x, y, arith::FastMathFlags::contract);
}

Value VectorBuilder::fsub(Value x, Value y) {
  return arith::SubFOp::create(b, x, y, arith::FastMathFlags::contract);
}

Value VectorBuilder::fmul(Value x, Value y) {
  return arith::MulFOp::create(b, x, y, arith::FastMathFlags::contract);
}

Value VectorBuilder::greater(Value x, Value y) {
  Value isGreater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, y);
  return arith::SelectOp::create(b, isGreater, x, y);
}

Value VectorBuilder::apply(Region &region, ValueRange arguments) {
  IRMapping mapping;
  mapping.map(region.getArguments(), arguments);
  int64_t width = 0;
  for (Value argument : arguments)
    if (auto type = dyn_cast<VectorType>(argument.getType()))
      width = type.getNumElements();
  auto asVector = [&](Value x) -> Value {
    if (isa<VectorType>(x.getType()))
      return x;
    return vector::BroadcastOp::create(b, VectorType::get(width, x.getType()),
                                       x);
  };
  for (Operation &inner : region.front().without_terminator()) {
    // What is the same for all lanes is computed once.
    bool isVector = llvm::any_of(inner.getOperands(), [&](Value operand) {
      return isa<VectorType>(mapping.lookupOrDefault(operand).getType());
    });
    if (isVector)
      for (Value operand : inner.getOperands())
        mapping.map(operand, asVector(mapping.lookupOrDefault(operand)));
    Operation *copy = b.clone(inner, mapping);
    if (isVector)
      for (OpResult result : copy->getResults())
        result.setType(VectorType::get(width, result.getType()));
  }
  return asVector(
      mapping.lookupOrDefault(region.front().getTerminator()->getOperand(0)));
}

Value VectorBuilder::loadExtra(Value extra, AffineMap map, ValueRange indices,
                               Value mask, int64_t width) {
  Values place;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    place.push_back(indices[map.getDimPosition(i)]);
  if (!map.isFunctionOfDim(map.getNumDims() - 1))
    return memref::LoadOp::create(b, extra, place);
  auto type = VectorType::get(width, getElementTypeOrSelf(extra));
  if (!isContiguousInside(extra)) {
    Value end = size(extra, map.getNumResults() - 1), first = place.back();
    Values elements;
    for (int64_t i = 0; i < width; ++i) {
      place.back() = least(add(first, i), add(end, constant(-1)));
      elements.push_back(memref::LoadOp::create(b, extra, place));
    }
    return vector::FromElementsOp::create(b, type, elements);
  }
  if (!mask)
    return vector::LoadOp::create(b, type, extra, place);
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, extra, place, mask, zeros);
}
