//===- Elementwise.cpp - Elementwise arithmetic ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Elementwise.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Elementwise.cpp.inc"

void LatheDialect::addElementwiseOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Elementwise.cpp.inc"
      >();
}

/// Whether elements of the type are truth values.
static bool isBool(Type elementType) { return elementType.isInteger(1); }

//===----------------------------------------------------------------------===//
// UnaryOp
//===----------------------------------------------------------------------===//

static bool takes(UnaryKind kind, Type elementType) {
  if (isa<FloatType>(elementType))
    return true;
  if (isBool(elementType))
    return false;
  if (kind == UnaryKind::neg)
    return !elementType.isUnsignedInteger();
  return kind == UnaryKind::abs || kind == UnaryKind::sign ||
         kind == UnaryKind::square;
}

LogicalResult UnaryOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor op,
                                        SmallVectorImpl<Type> &results) {
  Type elementType = getElementTypeOrSelf(op.getInput());
  if (!takes(op.getKind(), elementType))
    return emitOptionalError(location, "'", stringifyUnaryKind(op.getKind()),
                             "' does not take elements of ", elementType,
                             "; cast them to a float [C1]");
  results.push_back(op.getInput().getType());
  return success();
}

Work UnaryOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())));
}

//===----------------------------------------------------------------------===//
// BinaryOp and CompareOp
//===----------------------------------------------------------------------===//

/// The shape of an op on `input` and either `other` or `value`, C1 to C3 and C5
/// of both ops.
static FailureOr<Shape> inferPairwise(std::optional<Location> location,
                                      StringRef op, Value input, Value other,
                                      std::optional<APFloat> value) {
  if (!other != value.has_value())
    return emitOptionalError(location, "'", op,
                             "' needs a second operand or a value, got ",
                             other ? "both" : "neither", " [C1]");
  Type elementType = getElementTypeOrSelf(input);
  if (!other) {
    if (!isElement(*value, elementType))
      return emitOptionalError(atKey(location, "value"), "'", op,
                               "' cannot take the value ", formatNumber(*value),
                               " as ", elementType, " [C5]");
    return getShape(input);
  }
  if (elementType != getElementTypeOrSelf(other))
    return emitOptionalError(location, "'", op, "' needs one element type, ",
                             "got ", elementType, " and ",
                             getElementTypeOrSelf(other), " [C2]");
  std::optional<Shape> shape =
      broadcastShapes(getShape(input), getShape(other));
  if (!shape)
    return emitOptionalError(location, "'", op, "' cannot pair the shapes ",
                             formatShape(input), " and ", formatShape(other),
                             " [C3]");
  return *shape;
}

LogicalResult BinaryOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  StringRef name = stringifyBinaryKind(op.getKind());
  Type elementType = getElementTypeOrSelf(op.getInput());
  bool floatsOnly =
      op.getKind() == BinaryKind::div || op.getKind() == BinaryKind::pow;
  if (isBool(elementType) || (floatsOnly && !isa<FloatType>(elementType)))
    return emitOptionalError(location, "'", name,
                             "' does not take elements of ", elementType,
                             "; cast them first [C4]");
  FailureOr<Shape> shape = inferPairwise(location, name, op.getInput(),
                                         op.getOther(), op.getValue());
  if (failed(shape))
    return failure();
  return inferTensor(location, name, *shape, elementType, results);
}

Work BinaryOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())));
}

LogicalResult CompareOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location> location,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &results) {
  StringRef name = stringifyCompareKind(op.getKind());
  Type elementType = getElementTypeOrSelf(op.getInput());
  bool orders =
      op.getKind() != CompareKind::eq && op.getKind() != CompareKind::ne;
  if (orders && isBool(elementType))
    return emitOptionalError(location, "'", name,
                             "' does not order elements of ", elementType,
                             "; eq and ne compare them [C4]");
  FailureOr<Shape> shape = inferPairwise(location, name, op.getInput(),
                                         op.getOther(), op.getValue());
  if (failed(shape))
    return failure();
  return inferTensor(location, name, *shape, IntegerType::get(context, 1),
                     results);
}

Work CompareOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())));
}

//===----------------------------------------------------------------------===//
// SelectOp
//===----------------------------------------------------------------------===//

LogicalResult SelectOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Type elementType = getElementTypeOrSelf(op.getInput());
  if (elementType != getElementTypeOrSelf(op.getOther()))
    return emitOptionalError(location, "'select' needs one element type, got ",
                             elementType, " and ",
                             getElementTypeOrSelf(op.getOther()), " [C1]");
  std::optional<Shape> shape =
      broadcastShapes(getShape(op.getInput()), getShape(op.getOther()));
  if (shape)
    shape = broadcastShapes(*shape, getShape(op.getCondition()));
  if (!shape)
    return emitOptionalError(location, "'select' cannot pair the shapes ",
                             formatShape(op.getCondition()), ", ",
                             formatShape(op.getInput()), " and ",
                             formatShape(op.getOther()), " [C2]");
  return inferTensor(location, "select", *shape, elementType, results);
}

Work SelectOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())));
}

//===----------------------------------------------------------------------===//
// ClampOp
//===----------------------------------------------------------------------===//

LogicalResult ClampOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor op,
                                        SmallVectorImpl<Type> &results) {
  std::optional<APFloat> low = op.getMin(), high = op.getMax();
  if (!low && !high)
    return emitOptionalError(location, "'clamp' needs min or max [C1]");
  if (low && high && !(*low <= *high))
    return emitOptionalError(
        atKey(location, "min"), "'clamp' needs a min of at most max, got ",
        formatNumber(*low), " and ", formatNumber(*high), " [C1]");
  Type elementType = getElementTypeOrSelf(op.getInput());
  for (auto [key, bound] : {std::pair("min", low), std::pair("max", high)})
    if (bound && !isElement(*bound, elementType))
      return emitOptionalError(atKey(location, key), "'clamp' cannot take the ",
                               key, " ", formatNumber(*bound), " as ",
                               elementType, " [C2]");
  results.push_back(op.getInput().getType());
  return success();
}

Work ClampOp::getWork() {
  int64_t bounds = getMin().has_value() + getMax().has_value();
  return workOf(0, getElementCount(getShape(getResult())) * bounds);
}

//===----------------------------------------------------------------------===//
// CastOp
//===----------------------------------------------------------------------===//

Type lathe::getElementType(MLIRContext *context, ElementKind kind) {
  switch (kind) {
  case ElementKind::f32:
    return Float32Type::get(context);
  case ElementKind::f64:
    return Float64Type::get(context);
  case ElementKind::f16:
    return Float16Type::get(context);
  case ElementKind::bf16:
    return BFloat16Type::get(context);
  case ElementKind::i8:
    return IntegerType::get(context, 8);
  case ElementKind::u8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case ElementKind::i16:
    return IntegerType::get(context, 16);
  case ElementKind::i32:
    return IntegerType::get(context, 32);
  case ElementKind::i64:
    return IntegerType::get(context, 64);
  case ElementKind::boolean:
    return IntegerType::get(context, 1);
  }
  llvm_unreachable("unknown element kind");
}

LogicalResult CastOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor op,
                                       SmallVectorImpl<Type> &results) {
  return inferTensor(location, "cast", getShape(op.getInput()),
                     lathe::getElementType(context, op.getTo()), results);
}

Work CastOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())));
}
