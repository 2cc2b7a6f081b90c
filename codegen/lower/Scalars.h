//===- Scalars.h - Scalar code in the bodies of structured ops ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWER_SCALARS_H
#define LATHE_CODEGEN_LOWER_SCALARS_H

#include "codegen/Lowering.h"

namespace mlir::lathe {

/// How the integers of a conversion are read.
struct Signs {
  bool fromUnsigned = false;
  bool toUnsigned = false;
};

/// `value` as `type`, by the rules of `lathe.cast`.
Value convert(Structured &b, Value value, Type type, Signs signs = {});

/// An activation of a float; `constant` is its alpha.
Value activate(Structured &b, ActivationKind kind, double constant, Value x);

// Arithmetic of floats, for formulas that are read.
inline Value add(Structured &b, Value x, Value y) {
  return arith::AddFOp::create(b, x, y);
}
inline Value sub(Structured &b, Value x, Value y) {
  return arith::SubFOp::create(b, x, y);
}
inline Value mul(Structured &b, Value x, Value y) {
  return arith::MulFOp::create(b, x, y);
}
inline Value div(Structured &b, Value x, Value y) {
  return arith::DivFOp::create(b, x, y);
}
inline Value max(Structured &b, Value x, Value y) {
  return arith::MaximumFOp::create(b, x, y);
}
inline Value min(Structured &b, Value x, Value y) {
  return arith::MinimumFOp::create(b, x, y);
}
inline Value like(Structured &b, Value x, double constant) {
  return b.scalar(x.getType(), constant);
}
/// x to a constant power.
inline Value power(Structured &b, Value x, double exponent) {
  if (exponent == 2)
    return mul(b, x, x);
  return math::PowFOp::create(b, x, like(b, x, exponent));
}

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWER_SCALARS_H
