//===- KernelMath.cpp - Arithmetic as kernels have it ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

/// 2^k of an i32 whose power is a normal number.
static Value powerOfTwo(ImplicitLocOpBuilder &b, Value k) {
  auto number = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  Value biased = arith::AddIOp::create(b, k, number(127));
  Value bits = arith::ShLIOp::create(b, biased, number(23));
  return arith::BitcastOp::create(b, b.getF32Type(), bits);
}

/// 2^x = e^(r ln 2) 2^h 2^(n-h) with n = round(x), r = x - n and h = n / 2, so
/// that neither power leaves what f32 can hold.
static Value expandExp2(ImplicitLocOpBuilder &b, Value x) {
  auto number = [&](float value) -> Value {
    return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
  };
  auto limit = [&](arith::CmpFPredicate beyond, float bound) {
    // Comparisons with NaN are false: it goes through.
    Value is = arith::CmpFOp::create(b, beyond, x, number(bound));
    x = arith::SelectOp::create(b, is, number(bound), x);
  };
  limit(arith::CmpFPredicate::OGT, 129);
  limit(arith::CmpFPredicate::OLT, -151);
  Value whole = math::RoundEvenOp::create(b, x);
  Value rest = arith::SubFOp::create(b, x, whole);
  Value n = arith::FPToSIOp::create(b, b.getI32Type(), whole);
  Value one = arith::ConstantOp::create(b, b.getI32IntegerAttr(1));
  Value half = arith::ShRSIOp::create(b, n, one);
  Value result = math::ExpOp::create(
      b, arith::MulFOp::create(b, rest, number(0.693147180559945f)));
  for (Value k : {half, arith::SubIOp::create(b, n, half).getResult()})
    result = arith::MulFOp::create(b, result, powerOfTwo(b, k));
  return result;
}

void mlir::lathe::kernel::expandPowersOfTwo(Operation *kernels) {
  kernels->walk([](math::Exp2Op op) {
    if (!op.getType().isF32())
      return;
    ImplicitLocOpBuilder b(op.getLoc(), op);
    op.replaceAllUsesWith(expandExp2(b, op.getOperand()));
    op.erase();
  });
}

void mlir::lathe::kernel::contractSums(Operation *kernels) {
  auto mayContract = [](Operation *op) {
    auto flags = cast<arith::ArithFastMathInterface>(op).getFastMathFlagsAttr();
    return bitEnumContainsAny(flags.getValue(), arith::FastMathFlags::contract);
  };
  kernels->walk([&](arith::AddFOp sum) {
    if (!mayContract(sum) || !sum.getType().isF32())
      return;
    for (unsigned i : {0, 1}) {
      auto product = sum->getOperand(i).getDefiningOp<arith::MulFOp>();
      if (!product || !product->hasOneUse() || !mayContract(product))
        continue;
      OpBuilder b(sum);
      Value fused =
          math::FmaOp::create(b, sum.getLoc(), product.getLhs(),
                              product.getRhs(), sum->getOperand(1 - i));
      sum.replaceAllUsesWith(fused);
      sum.erase();
      product.erase();
      return;
    }
  });
}
