//===- Scalars.cpp - Scalar code in the bodies of structured ops ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Scalars.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

static Value convertFloat(Structured &b, Value value, FloatType type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getWidth();
  if (from == to) // f16 and bf16
    value = arith::ExtFOp::create(b, b.getF32Type(), value);
  return from < to ? Value(arith::ExtFOp::create(b, type, value))
                   : Value(arith::TruncFOp::create(b, type, value));
}

/// Truncates towards zero; what lies outside the range takes its end, a NaN
/// becomes 0.
static Value saturate(Structured &b, Value value, IntegerType type,
                      bool isUnsigned) {
  // The ends of every range are exact in f32, as powers of two.
  if (value.getType().getIntOrFloatBitWidth() < 32)
    value = arith::ExtFOp::create(b, b.getF32Type(), value);
  unsigned width = type.getWidth();
  APInt low =
      isUnsigned ? APInt::getZero(width) : APInt::getSignedMinValue(width);
  APInt high =
      isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  auto compare = [&](arith::CmpFPredicate predicate, double bound) -> Value {
    return arith::CmpFOp::create(b, predicate, value, like(b, value, bound));
  };
  auto constant = [&](const APInt &bound) -> Value {
    return arith::ConstantOp::create(b, b.getIntegerAttr(type, bound));
  };
  Value result = isUnsigned ? Value(arith::FPToUIOp::create(b, type, value))
                            : Value(arith::FPToSIOp::create(b, type, value));
  auto choose = [&](Value condition, const APInt &bound) {
    result = arith::SelectOp::create(b, condition, constant(bound), result);
  };
  double end = std::ldexp(1.0, isUnsigned ? width : width - 1);
  choose(compare(arith::CmpFPredicate::OGE, end), high);
  choose(compare(arith::CmpFPredicate::OLT, isUnsigned ? 0.0 : -end), low);
  choose(compare(arith::CmpFPredicate::UNO, 0.0), APInt::getZero(width));
  return result;
}

Value lathe::convert(Structured &b, Value value, Type type, Signs signs) {
  Type from = value.getType();
  if (from == type)
    return value;
  auto toFloat = dyn_cast<FloatType>(type);
  auto toInteger = dyn_cast<IntegerType>(type);
  bool fromUnsigned = signs.fromUnsigned || from.isInteger(1);
  if (isa<FloatType>(from) && toFloat)
    return convertFloat(b, value, toFloat);
  if (toFloat)
    return fromUnsigned ? Value(arith::UIToFPOp::create(b, type, value))
                        : Value(arith::SIToFPOp::create(b, type, value));
  if (type.isInteger(1)) {
    Value zero = like(b, value, 0);
    return isa<FloatType>(from)
               ? Value(arith::CmpFOp::create(b, arith::CmpFPredicate::UNE,
                                             value, zero))
               : Value(arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value,
                                             zero));
  }
  if (isa<FloatType>(from))
    return saturate(b, value, toInteger, signs.toUnsigned);
  if (from.getIntOrFloatBitWidth() > toInteger.getWidth())
    return arith::TruncIOp::create(b, type, value);
  return fromUnsigned ? Value(arith::ExtUIOp::create(b, type, value))
                      : Value(arith::ExtSIOp::create(b, type, value));
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

static Value greater(Structured &b, Value x, double bound) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x,
                               like(b, x, bound));
}

static Value less(Structured &b, Value x, double bound) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x,
                               like(b, x, bound));
}

static Value limit(Structured &b, Value x, double low, double high) {
  return min(b, max(b, x, like(b, x, low)), like(b, x, high));
}

/// 1 + exp(-x)
static Value onePlusExpMinus(Structured &b, Value x) {
  Value negated = arith::NegFOp::create(b, x);
  return add(b, like(b, x, 1), math::ExpOp::create(b, negated));
}

/// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), which cannot overflow.
static Value softplus(Structured &b, Value x) {
  Value magnitude = math::AbsFOp::create(b, x);
  Value small = math::ExpOp::create(b, arith::NegFOp::create(b, magnitude));
  return add(b, max(b, x, like(b, x, 0)), math::Log1pOp::create(b, small));
}

/// x (1 + inner) / 2
static Value half(Structured &b, Value x, Value inner) {
  return mul(b, mul(b, like(b, x, 0.5), x), add(b, like(b, x, 1), inner));
}

static Value gelu(Structured &b, Value x) {
  Value scaled = mul(b, x, like(b, x, std::sqrt(0.5)));
  return half(b, x, math::ErfOp::create(b, scaled));
}

static Value geluTanh(Structured &b, Value x) {
  Value cube = mul(b, mul(b, x, x), x);
  Value inner = add(b, x, mul(b, like(b, x, 0.044715), cube));
  Value scaled = mul(b, inner, like(b, x, std::sqrt(2 / llvm::numbers::pi)));
  return half(b, x, math::TanhOp::create(b, scaled));
}

Value lathe::activate(Structured &b, ActivationKind kind, double constant,
                      Value x) {
  Value zero = like(b, x, 0);
  auto select = [&](Value condition, Value yes, Value no) -> Value {
    return arith::SelectOp::create(b, condition, yes, no);
  };
  switch (kind) {
  case ActivationKind::relu:
    return max(b, x, zero);
  case ActivationKind::relu6:
    return limit(b, x, 0, 6);
  case ActivationKind::leaky_relu:
    return select(greater(b, x, 0), x, mul(b, like(b, x, constant), x));
  case ActivationKind::elu: {
    Value below = sub(b, math::ExpOp::create(b, x), like(b, x, 1));
    return select(greater(b, x, 0), x, mul(b, like(b, x, constant), below));
  }
  case ActivationKind::silu:
    return div(b, x, onePlusExpMinus(b, x));
  case ActivationKind::gelu:
    return gelu(b, x);
  case ActivationKind::gelu_tanh:
    return geluTanh(b, x);
  case ActivationKind::sigmoid:
    return div(b, like(b, x, 1), onePlusExpMinus(b, x));
  case ActivationKind::tanh:
    return math::TanhOp::create(b, x);
  case ActivationKind::softplus:
    return softplus(b, x);
  case ActivationKind::softshrink: {
    Value above = sub(b, x, like(b, x, constant));
    Value below = add(b, x, like(b, x, constant));
    return select(greater(b, x, constant), above,
                  select(less(b, x, -constant), below, zero));
  }
  case ActivationKind::hardshrink:
    return select(greater(b, math::AbsFOp::create(b, x), constant), x, zero);
  case ActivationKind::hard_sigmoid:
  case ActivationKind::hard_swish: {
    Value gate = limit(b, add(b, x, like(b, x, 3)), 0, 6);
    if (kind == ActivationKind::hard_swish)
      gate = mul(b, x, gate);
    return div(b, gate, like(b, x, 6));
  }
  case ActivationKind::hard_tanh:
    return limit(b, x, -1, 1);
  case ActivationKind::mish:
    return mul(b, x, math::TanhOp::create(b, softplus(b, x)));
  case ActivationKind::identity:
    return x;
  }
  llvm_unreachable("unknown activation");
}
