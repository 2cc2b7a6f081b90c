//===- AttentionEmitter.cpp - What the forms of attention's code share ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/AttentionEmitter.h"
#include "codegen/NestPlan.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

AttentionEmitter::AttentionEmitter(AttentionOp op, const KernelTarget &target,
                                   OpBuilder &builder)
    : VectorBuilder(op, target, builder), op(op), heads(op.getHeads()),
      groups(op.getKvHeads()), d(op.getKeyWidth()), e(op.getValueWidth()) {
  batch = size(op.getQuery(), 0);
  queries = size(op.getQuery(), 1);
  keys = size(op.getKey(), 1);
}

void AttentionEmitter::emit(bool parallel) {
  Value count = countTasks();
  Value work = most(mul(keys, workPerKey()), constant(1));
  Value grain =
      b.createOrFold<arith::CeilDivUIOp>(constant(leastWorkPerThread), work);
  forTasks(
      count, grain, parallel, [&] { allocateAll(); },
      [&](Value task) { emitTask(task); });
}

Value AttentionEmitter::endOfKeys(Value last) {
  if (!op.getCausal())
    return keys;
  Value end = add(add(last, 1), sub(keys, queries));
  return most(least(end, keys), constant(0));
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
