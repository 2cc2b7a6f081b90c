//===- Adapter.cpp - Adapters of frozen layers ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Adapter.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Adapter.cpp.inc"

void LatheDialect::addAdapterOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Adapter.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// KroneckerAdapterOp
//===----------------------------------------------------------------------===//

/// The shape of a stack of matrices, given whole or by two factors: [n, a, b],
/// or [n, a, k] and [n, k, b]. Nothing where these do not fit.
static std::optional<Shape> getStack(Value whole, Value left, Value right) {
  if (whole) {
    Shape shape = getShape(whole);
    return shape.size() == 3 && !left && !right ? std::optional(shape)
                                                : std::nullopt;
  }
  if (!left || !right)
    return std::nullopt;
  Shape a = getShape(left), b = getShape(right);
  if (a.size() != 3 || b.size() != 3 || !(a[0] == b[0]) || !(a[2] == b[1]))
    return std::nullopt;
  return Shape{a[0], a[1], b[2]};
}

LogicalResult KroneckerAdapterOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "kronecker_adapter";
  Shape shape = getShape(op.getInput());
  std::optional<int64_t> features;
  if (!shape.empty())
    features = shape.back().getConstant();
  if (!features)
    return emitOptionalError(
        location, "'", name,
        "' needs an input with a static last dimension, got ",
        formatShape(shape), " [C1]");
  std::optional<Shape> rule =
      getStack(op.getPhmRule(), op.getPhmRuleLeft(), op.getPhmRuleRight());
  if (!rule || !((*rule)[0] == (*rule)[1]) || !((*rule)[0] == (*rule)[2]))
    return emitOptionalError(location, "'", name,
                             "' needs A as [n, n, n], or as factors [n, n, k] "
                             "and [n, k, n] [C2]");
  std::optional<Shape> terms =
      getStack(op.getW(), op.getWLeft(), op.getWRight());
  if (!terms || !((*terms)[0] == (*rule)[0]))
    return emitOptionalError(location, "'", name,
                             "' needs B as [n, in / n, out / n], or as factors "
                             "[n, in / n, r] and [n, r, out / n], with n = ",
                             (*rule)[0].str(), " [C3]");
  DimExpr inputs = (*rule)[0] * (*terms)[1], outputs = (*rule)[0] * (*terms)[2];
  if (!inputs.isConstant(*features))
    return emitOptionalError(location, "'", name, "' maps ", inputs.str(),
                             " features, got ", *features,
                             ": n must divide them [C4]");
  shape.back() = outputs;
  if (failed(checkParameter(location, name, "b", op.getB(), {outputs}, "C5")))
    return failure();
  return inferTensor(location, name, shape, getElementTypeOrSelf(op.getInput()),
                     results);
}

Work KroneckerAdapterOp::getWork() {
  DimExpr outputs = getElementCount(getShape(getResult()));
  return workOf(outputs * getDim(getInput(), -1), getB() ? outputs : 0);
}

//===----------------------------------------------------------------------===//
// ChannelReprogramOp
//===----------------------------------------------------------------------===//

LogicalResult ChannelReprogramOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "channel_reprogram";
  Shape shape = getShape(op.getInput());
  if (shape.size() != 4 || !shape[1].getConstant())
    return emitOptionalError(location, "'", name,
                             "' needs an input [N, C, H, W] with static "
                             "channels, got ",
                             formatShape(shape), " [C1]");
  Shape weight = getShape(op.getWeight());
  int64_t kernel = weight.empty() ? 0 : weight.back().getConstant().value_or(0);
  if (kernel % 2 == 0 || !areCompatible(weight, {shape[1], 1, kernel, kernel}))
    return emitOptionalError(
        location, "'", name,
        "' needs filters [C, 1, k, k] of an odd extent, got ",
        formatShape(weight), " for ", shape[1].str(), " channels [C2]");
  if (failed(checkParameter(location, name, "A", op.getA(), {1, shape[1], 1, 1},
                            "C3")))
    return failure();
  results.push_back(op.getInput().getType());
  return success();
}

bool ChannelReprogramOp::isMatrix(unsigned operand) {
  return operand == getWeightMutable().getOperandNumber();
}

Work ChannelReprogramOp::getWork() {
  DimExpr elements = getElementCount(getShape(getInput()));
  DimExpr kernel = getDim(getWeight(), -1);
  return workOf(elements * kernel * kernel, getA() ? elements * 2 : 0);
}
