//===- FusedKernel.cpp - Writes kernels of ops that are no nests ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/FusedKernel.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe::kernel;

Value FusedKernel::takeIndex(Value &rest, Value size) {
  Value index = remainder(rest, size);
  rest = divide(rest, size);
  return index;
}

SmallVector<Value>
FusedKernel::loop(Value begin, Value end, int64_t step, ValueRange carried,
                  function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, begin, end, constant(step), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(b, next);
  return loop.getResults();
}

void FusedKernel::loop(Value begin, Value end, int64_t step,
                       function_ref<void(Value)> body) {
  loop(begin, end, step, {}, [&](Value i, ValueRange) {
    body(i);
    return Values();
  });
}

void FusedKernel::share(int64_t count, int64_t invocations,
                        function_ref<void(Value)> body) {
  int64_t rounds = llvm::divideCeil(count, invocations);
  auto writeRound = [&](Value i) {
    Value number = add(multiply(i, invocations), thread);
    if (count % invocations == 0)
      return body(number);
    onlyIf(isLess(number, constant(count)), [&] { body(number); });
  };
  // A known number of rounds, which compilers may unroll.
  if (rounds == 1)
    return writeRound(constant(0));
  loop(constant(0), constant(rounds), 1, writeRound);
}

void FusedKernel::onlyIf(Value condition, function_ref<void()> body) {
  auto guarded = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(guarded.thenBlock());
  body();
}

Value FusedKernel::number(double value) {
  return arith::ConstantOp::create(
      b, b.getF32FloatAttr(static_cast<float>(value)));
}

Value FusedKernel::fadd(Value x, Value y) {
  return arith::AddFOp::create(b, x, y, arith::FastMathFlags::contract);
}

Value FusedKernel::fsub(Value x, Value y) {
  return arith::SubFOp::create(b, x, y, arith::FastMathFlags::contract);
}

Value FusedKernel::fmul(Value x, Value y) {
  return arith::MulFOp::create(b, x, y, arith::FastMathFlags::contract);
}

Value FusedKernel::greater(Value x, Value y) {
  Value isGreater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, y);
  return select(isGreater, x, y);
}

Value FusedKernel::exponential(Value x, Value m) {
  Value none = number(-INFINITY);
  Value isNone = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, m, none);
  return math::ExpOp::create(b, fsub(x, select(isNone, number(0), m)));
}

Value FusedKernel::loadNumber(Value memref, ValueRange indices) {
  Value x = load(bufferOf(memref), indices);
  Type f32 = b.getF32Type();
  return x.getType() == f32 ? x : arith::ExtFOp::create(b, f32, x);
}

void FusedKernel::storeNumber(Value x, Value memref, ValueRange indices) {
  Type type = cast<MemRefType>(memref.getType()).getElementType();
  if (x.getType() != type)
    x = arith::TruncFOp::create(b, type, x);
  store(x, bufferOf(memref), indices);
}
