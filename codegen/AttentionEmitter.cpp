//===- AttentionEmitter.cpp - What the forms of attention's code share ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/AttentionEmitter.h"
#include "codegen/NestPlan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

AttentionEmitter::AttentionEmitter(AttentionOp op,
                                   const AttentionTarget &target,
                                   OpBuilder &builder)
    : op(op), target(target), b(op.getLoc(), builder), heads(op.getHeads()),
      groups(op.getKvHeads()), d(op.getKeyWidth()), e(op.getValueWidth()),
      lanes(target.vectorBytes / 4) {
  batch = size(op.getQuery(), 0);
  queries = size(op.getQuery(), 1);
  keys = size(op.getKey(), 1);
}

void AttentionEmitter::emit(bool parallel) {
  Value count = countTasks();
  if (!parallel) {
    scratchBlock = &op->getParentOfType<func::FuncOp>().front();
    allocate();
    loop(constant(0), count, 1, [&](Value task) { emitTask(task); });
    return;
  }
  Value work = most(mul(keys, workPerKey()), constant(1));
  Value grain =
      b.createOrFold<arith::CeilDivUIOp>(constant(leastWorkPerThread), work);
  auto tasks = ParallelOp::create(b, count, grain);
  OpBuilder::InsertionGuard guard(b);
  scratchBlock =
      b.createBlock(&tasks.getBody(), {}, b.getIndexType(), op.getLoc());
  allocate();
  emitTask(scratchBlock->getArgument(0));
  YieldOp::create(b, ValueRange());
}

//===----------------------------------------------------------------------===//
// Indices and loops
//===----------------------------------------------------------------------===//

Value AttentionEmitter::takeIndex(Value &rest, Value size) {
  Value index = b.createOrFold<arith::RemUIOp>(rest, size);
  rest = b.createOrFold<arith::DivUIOp>(rest, size);
  return index;
}

SmallVector<Value>
AttentionEmitter::loop(Value begin, Value end, int64_t step, ValueRange carried,
                       function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, begin, end, constant(step), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!next.empty())
    scf::YieldOp::create(b, next);
  return loop.getResults();
}

void AttentionEmitter::loop(Value begin, Value end, int64_t step,
                            function_ref<void(Value)> body) {
  loop(begin, end, step, ValueRange(), [&](Value i, ValueRange) {
    body(i);
    return Values();
  });
}

Value AttentionEmitter::endOfKeys(Value last) {
  if (!op.getCausal())
    return keys;
  Value end = add(add(last, 1), sub(keys, queries));
  return most(least(end, keys), constant(0));
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

Value AttentionEmitter::scalar(double value) {
  return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
}

Value AttentionEmitter::splat(double value) {
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(vectorType(), static_cast<float>(value)));
}

Value AttentionEmitter::widen(Value x) {
  Type wide = b.getF32Type();
  if (getElementTypeOrSelf(x) == wide)
    return x;
  if (auto vector = dyn_cast<VectorType>(x.getType()))
    wide = vector.clone(wide);
  return arith::ExtFOp::create(b, wide, x);
}

Value AttentionEmitter::load(Value buffer, ValueRange indices) {
  return widen(memref::LoadOp::create(b, buffer, indices));
}

/// Whether the buffer's last dimension has neighbours in memory.
static bool isContiguousInside(Value buffer) {
  return cast<MemRefType>(buffer.getType()).areTrailingDimsContiguous(1);
}

Value AttentionEmitter::loadLanes(Value buffer, ValueRange indices,
                                  int64_t count) {
  if (!isContiguousInside(buffer)) {
    Values elements(lanes, scalar(0));
    for (int64_t i = 0; i < count; ++i) {
      Values at(indices);
      at.back() = add(at.back(), i);
      elements[i] = load(buffer, at);
    }
    return vector::FromElementsOp::create(b, vectorType(), elements);
  }
  if (count < lanes)
    return loadLanes(buffer, indices, maskOf(count));
  auto type = VectorType::get(lanes, getElementTypeOrSelf(buffer));
  return widen(vector::LoadOp::create(b, type, buffer, indices));
}

Value AttentionEmitter::loadLanes(Value buffer, ValueRange indices,
                                  Value mask) {
  auto type = VectorType::get(lanes, getElementTypeOrSelf(buffer));
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return widen(
      vector::MaskedLoadOp::create(b, type, buffer, indices, mask, zeros));
}

void AttentionEmitter::storeLanes(Value x, ValueRange indices, int64_t count) {
  Value buffer = op.getInitOutput();
  Type element = getElementTypeOrSelf(buffer);
  if (element != b.getF32Type())
    x = arith::TruncFOp::create(b, VectorType::get(lanes, element), x);
  if (!isContiguousInside(buffer)) {
    for (int64_t i = 0; i < count; ++i) {
      Values at(indices);
      at.back() = add(at.back(), i);
      memref::StoreOp::create(b, vector::ExtractOp::create(b, x, i), buffer,
                              at);
    }
    return;
  }
  if (count < lanes)
    vector::MaskedStoreOp::create(b, buffer, indices, maskOf(count), x);
  else
    vector::StoreOp::create(b, x, buffer, indices);
}

Value AttentionEmitter::loadScratch(Value scratch, Value row, Value column) {
  return vector::LoadOp::create(b, vectorType(), scratch,
                                ValueRange{row, column});
}

void AttentionEmitter::storeScratch(Value x, Value scratch, Value row,
                                    Value column) {
  vector::StoreOp::create(b, x, scratch, ValueRange{row, column});
}

Value AttentionEmitter::allocate(int64_t rows, int64_t columns) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(scratchBlock);
  constexpr int64_t cacheLine = 64;
  return memref::AllocaOp::create(
      b, MemRefType::get({rows, columns}, b.getF32Type()),
      b.getI64IntegerAttr(cacheLine));
}

Value AttentionEmitter::maskOf(int64_t count) {
  return vector::ConstantMaskOp::create(
      b, VectorType::get(lanes, b.getI1Type()), ArrayRef<int64_t>{count});
}

Value AttentionEmitter::fadd(Value x, Value y) {
  return arith::AddFOp::create(b, x, y, arith::FastMathFlags::contract);
}

Value AttentionEmitter::fmul(Value x, Value y) {
  return arith::MulFOp::create(b, x, y, arith::FastMathFlags::contract);
}

Value AttentionEmitter::greater(Value x, Value y) {
  Value isGreater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, y);
  return arith::SelectOp::create(b, isGreater, x, y);
}

Value AttentionEmitter::subtractMaximum(Value x, Value m) {
  bool isVector = isa<VectorType>(m.getType());
  Value none = isVector ? splat(-INFINITY) : scalar(-INFINITY);
  Value zero = isVector ? splat(0) : scalar(0);
  Value sawNone = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, m, none);
  Value from = arith::SelectOp::create(b, sawNone, zero, m);
  return arith::SubFOp::create(b, x, from);
}

Value AttentionEmitter::invert(Value l) {
  bool isVector = isa<VectorType>(l.getType());
  Value one = isVector ? splat(1) : scalar(1);
  Value inverse = arith::DivFOp::create(b, one, l);
  Value isEmpty = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, keys,
                                                constant(0));
  return b.createOrFold<arith::SelectOp>(
      isEmpty, isVector ? splat(0) : scalar(0), inverse);
}
