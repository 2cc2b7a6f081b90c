//===- Elementwise.cpp - Elementwise arithmetic as linalg -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

//===----------------------------------------------------------------------===//
// Functions of one number
//===----------------------------------------------------------------------===//

static Value signOf(Structured &b, Value x) {
  auto choose = [&](arith::CmpFPredicate predicate, double sign, Value other) {
    Value holds = arith::CmpFOp::create(b, predicate, x, like(b, x, 0));
    return arith::SelectOp::create(b, holds, like(b, x, sign), other);
  };
  // Zeros keep their sign, and a NaN stays one.
  return choose(arith::CmpFPredicate::OGT, 1,
                choose(arith::CmpFPredicate::OLT, -1, x));
}

static Value applyToFloat(Structured &b, UnaryKind kind, Value x) {
  Value one = like(b, x, 1);
  switch (kind) {
  case UnaryKind::abs:
    return math::AbsFOp::create(b, x);
  case UnaryKind::neg:
    return arith::NegFOp::create(b, x);
  case UnaryKind::sign:
    return signOf(b, x);
  case UnaryKind::exp:
    return math::ExpOp::create(b, x);
  case UnaryKind::log:
    return math::LogOp::create(b, x);
  case UnaryKind::sqrt:
    return math::SqrtOp::create(b, x);
  case UnaryKind::rsqrt:
    return div(b, one, math::SqrtOp::create(b, x));
  case UnaryKind::reciprocal:
    return div(b, one, x);
  case UnaryKind::square:
    return mul(b, x, x);
  case UnaryKind::sin:
    return math::SinOp::create(b, x);
  case UnaryKind::cos:
    return math::CosOp::create(b, x);
  case UnaryKind::erf:
    return math::ErfOp::create(b, x);
  case UnaryKind::floor:
    return math::FloorOp::create(b, x);
  case UnaryKind::ceil:
    return math::CeilOp::create(b, x);
  case UnaryKind::round:
    return math::RoundEvenOp::create(b, x);
  }
  llvm_unreachable("unknown function");
}

/// abs, neg, sign and square, the functions that integers take.
static Value applyToInteger(Structured &b, UnaryKind kind, Value x,
                            bool isUnsigned) {
  Value zero = like(b, x, 0);
  if (kind == UnaryKind::square)
    return arith::MulIOp::create(b, x, x);
  if (kind == UnaryKind::neg)
    return arith::SubIOp::create(b, zero, x);
  if (kind == UnaryKind::abs) {
    Value negated = arith::SubIOp::create(b, zero, x);
    return isUnsigned ? x : arith::MaxSIOp::create(b, x, negated);
  }
  Value one = like(b, x, 1);
  if (isUnsigned)
    return arith::MinUIOp::create(b, x, one);
  return arith::MaxSIOp::create(b, arith::MinSIOp::create(b, x, one),
                                like(b, x, -1));
}

//===----------------------------------------------------------------------===//
// Functions of two numbers
//===----------------------------------------------------------------------===//

static Value combineFloats(Structured &b, BinaryKind kind, Value x, Value y) {
  switch (kind) {
  case BinaryKind::add:
    return add(b, x, y);
  case BinaryKind::sub:
    return sub(b, x, y);
  case BinaryKind::mul:
    return mul(b, x, y);
  case BinaryKind::div:
    return div(b, x, y);
  case BinaryKind::max:
    return max(b, x, y);
  case BinaryKind::min:
    return min(b, x, y);
  case BinaryKind::pow:
    return math::PowFOp::create(b, x, y);
  }
  llvm_unreachable("unknown function");
}

static Value combineIntegers(Structured &b, BinaryKind kind, Value x, Value y,
                             bool isUnsigned) {
  switch (kind) {
  case BinaryKind::add:
    return arith::AddIOp::create(b, x, y);
  case BinaryKind::sub:
    return arith::SubIOp::create(b, x, y);
  case BinaryKind::mul:
    return arith::MulIOp::create(b, x, y);
  case BinaryKind::max:
    return isUnsigned ? Value(arith::MaxUIOp::create(b, x, y))
                      : Value(arith::MaxSIOp::create(b, x, y));
  case BinaryKind::min:
    return isUnsigned ? Value(arith::MinUIOp::create(b, x, y))
                      : Value(arith::MinSIOp::create(b, x, y));
  case BinaryKind::div:
  case BinaryKind::pow:
    break;
  }
  llvm_unreachable("not a function of integers");
}

static Value compareFloats(Structured &b, CompareKind kind, Value x, Value y) {
  static constexpr arith::CmpFPredicate predicates[] = {
      arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE,
      arith::CmpFPredicate::OLT, arith::CmpFPredicate::OLE,
      arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE};
  auto predicate = predicates[static_cast<unsigned>(kind)];
  return arith::CmpFOp::create(b, predicate, x, y);
}

static Value compareIntegers(Structured &b, CompareKind kind, Value x, Value y,
                             bool isUnsigned) {
  using Predicate = arith::CmpIPredicate;
  static constexpr Predicate ofSigned[] = {Predicate::eq,  Predicate::ne,
                                           Predicate::slt, Predicate::sle,
                                           Predicate::sgt, Predicate::sge};
  static constexpr Predicate ofUnsigned[] = {Predicate::eq,  Predicate::ne,
                                             Predicate::ult, Predicate::ule,
                                             Predicate::ugt, Predicate::uge};
  auto i = static_cast<unsigned>(kind);
  return arith::CmpIOp::create(b, isUnsigned ? ofUnsigned[i] : ofSigned[i], x,
                               y);
}

/// body(x, y) for every pair of elements of `input` and either `other` or the
/// constant.
static Value mapPairs(Structured &b, Type elementType, Value input, Value other,
                      std::optional<APFloat> value,
                      function_ref<Value(Value, Value)> body) {
  Shape shape = b.getResultShape();
  input = widen(b, input);
  if (!other)
    return b.map(shape, elementType, input,
                 [&](Structured &b, ValueRange args) {
                   Value constant = like(b, args[0], value->convertToDouble());
                   return body(args[0], constant);
                 });
  return b.broadcastMap(
      shape, elementType, {input, widen(b, other)},
      [&](Structured &, ValueRange args) { return body(args[0], args[1]); });
}

namespace {

struct UnaryLowering : Lowering<UnaryOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(UnaryOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Type type = getElementTypeOrSelf(x);
    bool isUnsigned = b.isUnsigned(op.getInput());
    Value y =
        b.map(b.getShape(x), type, x, [&](Structured &b, ValueRange args) {
          return isa<FloatType>(type)
                     ? applyToFloat(b, op.getKind(), args[0])
                     : applyToInteger(b, op.getKind(), args[0], isUnsigned);
        });
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

struct BinaryLowering : Lowering<BinaryOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BinaryOp op,
                                      Structured &b) const override {
    Type type = getComputeType(op.getInput());
    bool isUnsigned = b.isUnsigned(op.getInput());
    Value y = mapPairs(b, type, op.getInput(), op.getOther(), op.getValue(),
                       [&](Value x, Value y) {
                         return isa<FloatType>(type)
                                    ? combineFloats(b, op.getKind(), x, y)
                                    : combineIntegers(b, op.getKind(), x, y,
                                                      isUnsigned);
                       });
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

struct CompareLowering : Lowering<CompareOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(CompareOp op,
                                      Structured &b) const override {
    bool isUnsigned = b.isUnsigned(op.getInput());
    bool isFloat = isa<FloatType>(getElementTypeOrSelf(op.getInput()));
    return SmallVector<Value>{mapPairs(
        b, b.getI1Type(), op.getInput(), op.getOther(), op.getValue(),
        [&](Value x, Value y) {
          return isFloat ? compareFloats(b, op.getKind(), x, y)
                         : compareIntegers(b, op.getKind(), x, y, isUnsigned);
        })};
  }
};

struct SelectLowering : Lowering<SelectOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SelectOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{b.broadcastMap(
        b.getResultShape(), getElementTypeOrSelf(op.getInput()),
        {op.getCondition(), op.getInput(), op.getOther()},
        [](Structured &b, ValueRange args) -> Value {
          return arith::SelectOp::create(b, args[0], args[1], args[2]);
        })};
  }
};

struct ClampLowering : Lowering<ClampOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ClampOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Type type = getElementTypeOrSelf(x);
    bool isUnsigned = b.isUnsigned(op.getInput());
    auto limit = [&](BinaryKind kind, Value value, const APFloat &bound) {
      Value constant = like(b, value, bound.convertToDouble());
      return isa<FloatType>(type)
                 ? combineFloats(b, kind, value, constant)
                 : combineIntegers(b, kind, value, constant, isUnsigned);
    };
    Value y = b.map(b.getShape(x), type, x, [&](Structured &, ValueRange args) {
      Value value = args[0];
      if (op.getMin())
        value = limit(BinaryKind::max, value, *op.getMin());
      if (op.getMax())
        value = limit(BinaryKind::min, value, *op.getMax());
      return value;
    });
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

struct CastLowering : Lowering<CastOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(CastOp op, Structured &b) const override {
    Type type = b.getResultType().getElementType();
    Signs signs = {b.isUnsigned(op.getInput()), type.isUnsignedInteger()};
    Type stored = getElementTypeOrSelf(op.getType());
    return SmallVector<Value>{b.map(b.getResultShape(), stored, op.getInput(),
                                    [&](Structured &b, ValueRange args) {
                                      return convert(b, args[0], stored, signs);
                                    })};
  }
};

struct FullLowering : Lowering<FullOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(FullOp op, Structured &b) const override {
    return SmallVector<Value>{b.fill(b.getResultShape(),
                                     b.getResultType().getElementType(),
                                     op.getValue().convertToDouble())};
  }
};

} // namespace

void lathe::populateElementwiseLowerings(RewritePatternSet &patterns,
                                         LoweringState &state) {
  patterns.add<UnaryLowering, BinaryLowering, CompareLowering, SelectLowering,
               ClampLowering, CastLowering, FullLowering>(patterns.getContext(),
                                                          state);
}
