//===- Folders.cpp - Ops that are their operand, or a known number --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `fold` of all families. The attribute that stands for a tensor is the number
// that all its elements are, in double precision. Every fold is exact for
// numbers; what a NaN or an infinity would do in ops that go (a softmax of one
// element is 1 but for these) is not kept.
//
//===----------------------------------------------------------------------===//

#include "dialect/LatheDialect.h"

using namespace mlir;
using namespace mlir::lathe;

/// The number that a folded operand is everywhere.
static std::optional<double> getNumber(Attribute folded) {
  if (auto number = dyn_cast_or_null<FloatAttr>(folded))
    return number.getValueAsDouble();
  return std::nullopt;
}

/// The number as elements of `value` hold it; null for integers.
static Attribute numberOf(Value value, double number) {
  auto type = dyn_cast<FloatType>(getElementTypeOrSelf(value));
  if (!type)
    return {};
  bool inexact;
  APFloat rounded(number);
  rounded.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &inexact);
  rounded.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                  &inexact);
  return FloatAttr::get(Float64Type::get(value.getContext()), rounded);
}

/// Whether both tensors have one type, which says all of their shapes.
static bool haveOneShape(Value a, Value b) {
  return a.getType() == b.getType() &&
         llvm::none_of(getShape(a),
                       [](const DimExpr &dim) { return dim.isUnknown(); });
}

/// The fold of an op that puts elements in other places, in the same order
/// where the shape stays.
static OpFoldResult foldView(Value input, Attribute folded, Value result) {
  if (folded)
    return folded;
  return haveOneShape(input, result) ? OpFoldResult(input) : OpFoldResult();
}

static bool areZero(ArrayRef<int64_t> numbers) {
  return llvm::all_of(numbers, [](int64_t number) { return number == 0; });
}

static bool areOne(ArrayRef<int64_t> numbers) {
  return llvm::all_of(numbers, [](int64_t number) { return number == 1; });
}

Operation *LatheDialect::materializeConstant(OpBuilder &b, Attribute value,
                                             Type type, Location location) {
  auto number = dyn_cast<FloatAttr>(value);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!number || !tensor || !isa<FloatType>(tensor.getElementType()))
    return nullptr;
  return FullOp::create(b, location, type, number);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

OpFoldResult FullOp::fold(FoldAdaptor) { return getValueAttr(); }

OpFoldResult UnaryOp::fold(FoldAdaptor op) {
  UnaryKind kind = getKind();
  if (std::optional<double> x = getNumber(op.getInput())) {
    if (kind == UnaryKind::neg)
      return numberOf(getResult(), -*x);
    if (kind == UnaryKind::abs)
      return numberOf(getResult(), std::abs(*x));
    if (kind == UnaryKind::square)
      return numberOf(getResult(), *x * *x);
  }
  auto inner = getInput().getDefiningOp<UnaryOp>();
  if (!inner || inner.getKind() != kind)
    return {};
  bool settles = kind == UnaryKind::abs || kind == UnaryKind::floor ||
                 kind == UnaryKind::ceil || kind == UnaryKind::round;
  if (settles)
    return getInput();
  return kind == UnaryKind::neg ? OpFoldResult(inner.getInput())
                                : OpFoldResult();
}

/// The function of two numbers; its rounding to the elements' type is that of
/// the exact result, for doubles have more than twice the digits of a float.
static std::optional<double> evaluate(BinaryKind kind, double x, double y) {
  switch (kind) {
  case BinaryKind::add:
    return x + y;
  case BinaryKind::sub:
    return x - y;
  case BinaryKind::mul:
    return x * y;
  case BinaryKind::div:
    return x / y;
  default:
    return std::nullopt;
  }
}

/// Whether f(x, y) = x for every x but a NaN; bit by bit: 0 + −0 is 0.
static bool isNeutral(BinaryKind kind, double y) {
  switch (kind) {
  case BinaryKind::add:
    return y == 0 && std::signbit(y);
  case BinaryKind::sub:
    return y == 0 && !std::signbit(y);
  case BinaryKind::mul:
  case BinaryKind::div:
  case BinaryKind::pow:
    return y == 1;
  default:
    return false;
  }
}

OpFoldResult BinaryOp::fold(FoldAdaptor op) {
  BinaryKind kind = getKind();
  std::optional<double> x = getNumber(op.getInput()),
                        y = getNumber(op.getOther());
  // A tensor of one number is that number: it needs no operand.
  auto takeValue = [&](Value input, double value) {
    getInputMutable().assign(input);
    getOtherMutable().clear();
    setValueAttr(Builder(getContext()).getF64FloatAttr(value));
  };
  bool changed = false;
  bool commutes = kind == BinaryKind::add || kind == BinaryKind::mul ||
                  kind == BinaryKind::max || kind == BinaryKind::min;
  if (y && getInput().getType() == getType()) {
    takeValue(getInput(), *y);
    changed = true;
  } else if (x && !y && commutes && getOther() &&
             getOther().getType() == getType()) {
    takeValue(getOther(), *x);
    x.reset();
    changed = true;
  }
  if (std::optional<APFloat> value = getValue()) {
    double number = value->convertToDouble();
    if (isNeutral(kind, number))
      return getInput();
    y = number;
  }
  if (x && y)
    if (std::optional<double> number = evaluate(kind, *x, *y))
      if (Attribute folded = numberOf(getResult(), *number))
        return folded;
  return changed ? OpFoldResult(getResult()) : OpFoldResult();
}

OpFoldResult SelectOp::fold(FoldAdaptor) {
  bool same = getInput() == getOther() && haveOneShape(getInput(), getResult());
  return same ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult CastOp::fold(FoldAdaptor op) {
  if (getInput().getType() == getType())
    return getInput();
  if (std::optional<double> number = getNumber(op.getInput()))
    return numberOf(getResult(), *number);
  return {};
}

//===----------------------------------------------------------------------===//
// Activations, pooling and reductions
//===----------------------------------------------------------------------===//

OpFoldResult ActivationOp::fold(FoldAdaptor) {
  ActivationKind kind = getKind();
  if (kind == ActivationKind::identity)
    return getInput();
  bool settles = kind == ActivationKind::relu ||
                 kind == ActivationKind::relu6 ||
                 kind == ActivationKind::hard_tanh;
  auto inner = getInput().getDefiningOp<ActivationOp>();
  return settles && inner && inner.getKind() == kind ? OpFoldResult(getInput())
                                                     : OpFoldResult();
}

OpFoldResult SoftmaxOp::fold(FoldAdaptor) {
  bool isOfOne = getDim(getInput(), getAxis()) == DimExpr(1);
  return isOfOne ? OpFoldResult(numberOf(getResult(), 1)) : OpFoldResult();
}

OpFoldResult Pool2dOp::fold(FoldAdaptor) {
  bool isOfOne =
      areOne(getKernel()) && areOne(getStride()) && areZero(getPadding());
  return isOfOne ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  bool areOfOne = llvm::all_of(getDims(), [&](int64_t dim) {
    return getDim(getInput(), dim) == DimExpr(1);
  });
  return areOfOne && getKeepdims() ? OpFoldResult(getInput()) : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Rearrangements
//===----------------------------------------------------------------------===//

OpFoldResult ReshapeOp::fold(FoldAdaptor op) {
  return foldView(getInput(), op.getInput(), getResult());
}

OpFoldResult FlattenOp::fold(FoldAdaptor op) {
  return foldView(getInput(), op.getInput(), getResult());
}

OpFoldResult SqueezeOp::fold(FoldAdaptor op) {
  return foldView(getInput(), op.getInput(), getResult());
}

OpFoldResult UnsqueezeOp::fold(FoldAdaptor op) {
  return foldView(getInput(), op.getInput(), getResult());
}

OpFoldResult BroadcastToOp::fold(FoldAdaptor op) {
  return foldView(getInput(), op.getInput(), getResult());
}

OpFoldResult SliceOp::fold(FoldAdaptor op) {
  return foldView(getInput(), op.getInput(), getResult());
}

OpFoldResult TransposeOp::fold(FoldAdaptor op) {
  if (op.getInput())
    return op.getInput();
  if (llvm::is_sorted(getPermutation()))
    return getInput();
  auto inner = getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  for (auto [i, dim] : llvm::enumerate(getPermutation()))
    if (inner.getPermutation()[dim] != int64_t(i))
      return {};
  return inner.getInput();
}

OpFoldResult ConcatOp::fold(FoldAdaptor op) {
  if (getInputs().size() == 1)
    return getInputs().front();
  Attribute first = op.getInputs().front();
  return first && llvm::all_equal(op.getInputs()) ? OpFoldResult(first)
                                                  : OpFoldResult();
}

LogicalResult SplitOp::fold(FoldAdaptor op,
                            SmallVectorImpl<OpFoldResult> &results) {
  if (Attribute number = op.getInput()) {
    results.append(getNumResults(), number);
    return success();
  }
  if (getNumResults() != 1)
    return failure();
  results.push_back(getInput());
  return success();
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  bool addsNothing = areZero(getLow()) && areZero(getHigh());
  return addsNothing ? OpFoldResult(getInput()) : OpFoldResult();
}
