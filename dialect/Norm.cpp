//===- Norm.cpp - Normalisation -------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Norm.cpp.inc"

void LatheDialect::addNormOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Norm.cpp.inc"
      >();
}

/// Checks an optional scale and shift: both or none.
static LogicalResult checkAffine(std::optional<Location> location, StringRef op,
                                 Value weight, Value bias,
                                 ArrayRef<DimExpr> shape) {
  if (!weight != !bias)
    return emitOptionalError(location, "'", op, "' needs weight and bias or ",
                             "neither, got the ", weight ? "weight" : "bias",
                             " alone [C4]");
  if (failed(checkParameter(location, op, "weight", weight, shape, "C2")))
    return failure();
  return checkParameter(location, op, "bias", bias, shape, "C2");
}

//===----------------------------------------------------------------------===//
// BatchNormOp
//===----------------------------------------------------------------------===//

LogicalResult BatchNormOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  if (shape.size() < 2)
    return emitOptionalError(location,
                             "'batch_norm' needs an input [N, C, ...], got ",
                             formatShape(shape), " [C1]");
  std::pair<StringRef, Value> parameters[] = {
      {"weight", op.getWeight()},
      {"bias", op.getBias()},
      {"running_mean", op.getRunningMean()},
      {"running_var", op.getRunningVar()}};
  for (auto [name, value] : parameters)
    if (failed(checkParameter(location, "batch_norm", name, value, {shape[1]},
                              "C2")))
      return failure();
  if (failed(
          checkNotNegative(location, "batch_norm", "eps", op.getEps(), "C3")))
    return failure();
  results.push_back(op.getInput().getType());
  return success();
}

// With the scale and the shift of each channel settled beforehand.
Work BatchNormOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())) * 2);
}

//===----------------------------------------------------------------------===//
// LayerNormOp
//===----------------------------------------------------------------------===//

// Elementary operations an element: the mean, the deviation, its square and
// sum, the scaling; then the affine map.
static constexpr int64_t normalising = 5, scaleAndShift = 2;

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  int64_t dims = op.getDims();
  if (dims < 1 || dims > 3 || dims > static_cast<int64_t>(shape.size()))
    return emitOptionalError(atKey(location, "dims"),
                             "'layer_norm' normalises the last 1 to 3 "
                             "dimensions, got dims ",
                             dims, " for the input ", formatShape(shape),
                             " [C1]");
  if (failed(checkAffine(location, "layer_norm", op.getWeight(), op.getBias(),
                         ArrayRef(shape).take_back(dims))) ||
      failed(
          checkNotNegative(location, "layer_norm", "eps", op.getEps(), "C3")))
    return failure();
  int64_t zeros = op.getZeros().value_or(0);
  if (zeros < 0)
    return emitOptionalError(atKey(location, "zeros"),
                             "'layer_norm' needs zeros of at least 0, got ",
                             zeros, " [C5]");
  results.push_back(op.getInput().getType());
  return success();
}

Work LayerNormOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())) *
                       (normalising + (getWeight() ? scaleAndShift : 0)));
}

//===----------------------------------------------------------------------===//
// RmsNormOp
//===----------------------------------------------------------------------===//

LogicalResult RmsNormOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  if (shape.empty())
    return emitOptionalError(
        location, "'rms_norm' needs an input with a last dimension [C1]");
  if (failed(checkParameter(location, "rms_norm", "weight", op.getWeight(),
                            {shape.back()}, "C2")) ||
      failed(checkNotNegative(location, "rms_norm", "eps", op.getEps(), "C3")))
    return failure();
  results.push_back(op.getInput().getType());
  return success();
}

// The square and its sum, the division; then the scale.
Work RmsNormOp::getWork() {
  return workOf(0,
                getElementCount(getShape(getResult())) * (getWeight() ? 4 : 3));
}

//===----------------------------------------------------------------------===//
// GroupNormOp
//===----------------------------------------------------------------------===//

LogicalResult GroupNormOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  if (shape.size() < 2)
    return emitOptionalError(location,
                             "'group_norm' needs an input [N, C, ...], got ",
                             formatShape(shape), " [C1]");
  if (failed(checkAffine(location, "group_norm", op.getWeight(), op.getBias(),
                         {shape[1]})) ||
      failed(
          checkNotNegative(location, "group_norm", "eps", op.getEps(), "C3")))
    return failure();
  std::optional<int64_t> channels = shape[1].getConstant();
  int64_t groups = op.getGroups();
  if (!channels || groups <= 0 || *channels % groups)
    return emitOptionalError(atKey(location, "groups"),
                             "'group_norm' needs channels divisible by "
                             "groups: ",
                             shape[1].str(), " channels, ", groups,
                             " groups [C5]");
  results.push_back(op.getInput().getType());
  return success();
}

Work GroupNormOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())) *
                       (normalising + (getWeight() ? scaleAndShift : 0)));
}
