//===- Sequence.cpp - Attention over sequences and what goes with it ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sequence.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Sequence.cpp.inc"

void LatheDialect::addSequenceOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Sequence.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// AttentionOp
//===----------------------------------------------------------------------===//

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &results) {
  Shape query = getShape(op.getQuery()), key = getShape(op.getKey()),
        value = getShape(op.getValue());
  Type type = getElementTypeOrSelf(op.getQuery());
  if (query.size() != 3 || key.size() != 3 || value.size() != 3 ||
      type != getElementTypeOrSelf(op.getKey()) ||
      type != getElementTypeOrSelf(op.getValue()))
    return emitOptionalError(
        location,
        "'attention' needs query, key and value [N, tokens, features] of one "
        "element type, got ",
        op.getQuery().getType(), ", ", op.getKey().getType(), " and ",
        op.getValue().getType(), " [C1]");
  int64_t heads = op.getHeads(), groups = op.getKvHeads();
  if (heads < 1 || groups < 1 || heads % groups)
    return emitOptionalError(atKey(location, "kv_heads"),
                             "'attention' needs heads divisible by kv_heads, "
                             "got ",
                             heads, " and ", groups, " [C2]");
  auto features = [](const Shape &shape) {
    return shape[2].getConstant().value_or(0);
  };
  int64_t d = features(query) / heads;
  if (d < 1 || features(query) % heads || features(key) != d * groups ||
      features(value) < 1 || features(value) % groups)
    return emitOptionalError(
        location, "'attention' with ", heads, " heads and ", groups,
        " of key and value cannot split the features of ", formatShape(query),
        ", ", formatShape(key), " and ", formatShape(value), " [C3]");
  if (!key[0].isCompatible(query[0]) || !key[0].isCompatible(value[0]) ||
      !key[1].isCompatible(value[1]))
    return emitOptionalError(location, "'attention' has queries ",
                             formatShape(query), ", keys ", formatShape(key),
                             " and values ", formatShape(value), " [C4]");
  if (op.getBias()) {
    Shape scores = {query[0], heads, query[1], key[1]};
    Shape bias = getShape(op.getBias());
    std::optional<Shape> stretched = broadcastShapes(bias, scores);
    if (!stretched || !areCompatible(*stretched, scores))
      return emitOptionalError(location, "'attention' has scores ",
                               formatShape(scores), ", to which a bias ",
                               formatShape(bias), " cannot be stretched [C5]");
  }
  query[2] = features(value) / groups * heads;
  return inferTensor(location, "attention", query, type, results);
}

double lathe::getScoreScale(AttentionOp op) {
  if (op.getScale())
    return op.getScale()->convertToDouble();
  int64_t features = *getDim(op.getQuery(), 2).getConstant();
  return 1 / std::sqrt(static_cast<double>(features) / op.getHeads());
}

Work AttentionOp::getWork() {
  Shape query = getShape(getQuery()), key = getShape(getKey());
  DimExpr scores =
      query[0] * query[1] * key[1] * static_cast<int64_t>(getHeads());
  DimExpr d = query[2].floorDiv(getHeads());
  DimExpr e = getDim(getResult(), 2).floorDiv(getHeads());
  // The scale, the bias and the softmax besides both products.
  return workOf(scores * (d + e), scores * (getBias() ? 6 : 5));
}

//===----------------------------------------------------------------------===//
// RotaryOp
//===----------------------------------------------------------------------===//

LogicalResult RotaryOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  std::optional<int64_t> features;
  if (shape.size() == 3)
    features = shape[2].getConstant();
  if (!features)
    return emitOptionalError(
        location,
        "'rotary' needs an input [N, T, features] with static features, got ",
        formatShape(shape), " [C1]");
  int64_t width = op.getHeadDim(), dims = op.getDims();
  if (width < 1 || *features % width)
    return emitOptionalError(atKey(location, "head_dim"),
                             "'rotary' needs features divisible by head_dim: ",
                             *features, " features, heads of ", width, " [C2]");
  if (dims < 2 || dims % 2 || dims > width)
    return emitOptionalError(atKey(location, "dims"),
                             "'rotary' turns an even number of features of a "
                             "head of ",
                             width, ", not ", dims, " [C3]");
  if (!(op.getTheta().convertToDouble() > 0))
    return emitOptionalError(atKey(location, "theta"),
                             "'rotary' needs a positive theta, got ",
                             formatNumber(op.getTheta()), " [C4]");
  if (!op.getPast().empty() && !DimExpr::parse(op.getPast()))
    return emitOptionalError(atKey(location, "past"),
                             "'rotary' needs the name of a dimension as "
                             "'past', got '",
                             op.getPast(), "' [C5]");
  results.push_back(op.getInput().getType());
  return success();
}

Work RotaryOp::getWork() {
  DimExpr heads = getDim(getInput(), 2).floorDiv(getHeadDim());
  DimExpr turned = getDim(getInput(), 0) * getDim(getInput(), 1) * heads *
                   static_cast<int64_t>(getDims());
  return workOf(0, turned * 3);
}

//===----------------------------------------------------------------------===//
// RelativePositionBiasOp
//===----------------------------------------------------------------------===//

LogicalResult RelativePositionBiasOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "relative_position_bias";
  Value other = op.getKey() ? op.getKey() : op.getQuery();
  Shape query = getShape(op.getQuery()), key = getShape(other);
  if (query.size() < 2 || key.size() < 2)
    return emitOptionalError(
        location, "'", name, "' needs tokens [N, T, ...], got ",
        formatShape(query), " and ", formatShape(key), " [C1]");
  Shape weight = getShape(op.getWeight());
  int64_t buckets =
      weight.size() == 2 ? weight[0].getConstant().value_or(0) : 0;
  int64_t unit = op.getBidirectional() ? 4 : 2;
  if (buckets < unit || buckets % unit)
    return emitOptionalError(atKey(location, "buckets"), "'", name,
                             "' needs a table [buckets, heads] with a multiple "
                             "of ",
                             unit, " buckets, got ", formatShape(weight),
                             " [C2]");
  int64_t exact = buckets / unit, most = op.getMaxDistance();
  if (most <= exact || most > 65536)
    return emitOptionalError(atKey(location, "max_distance"), "'", name,
                             "' needs a max_distance of ", exact + 1,
                             " to 65536, got ", most, " [C3]");
  return inferTensor(location, name, {1, weight[1], query[1], key[1]},
                     getElementTypeOrSelf(op.getWeight()), results);
}

Work RelativePositionBiasOp::getWork() { return workOf(0); }

//===----------------------------------------------------------------------===//
// What they decompose into
//===----------------------------------------------------------------------===//

LogicalResult RotaryAnglesOp::inferReturnTypes(MLIRContext *,
                                               std::optional<Location> location,
                                               Adaptor op,
                                               SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  if (shape.size() < 2)
    return emitOptionalError(location,
                             "'rotary_angles' needs tokens [N, T, ...] [C1]");
  return inferTensor(location, "rotary_angles",
                     {2, shape[1], 1, static_cast<int64_t>(op.getDims()) / 2},
                     getElementTypeOrSelf(op.getInput()), results);
}

Work RotaryAnglesOp::getWork() { return workOf(0); }

LogicalResult RotaryTurnOp::inferReturnTypes(MLIRContext *,
                                             std::optional<Location> location,
                                             Adaptor op,
                                             SmallVectorImpl<Type> &results) {
  Shape input = getShape(op.getInput()), angles = getShape(op.getAngles());
  auto width = static_cast<int64_t>(op.getHeadDim()),
       dims = static_cast<int64_t>(op.getDims());
  std::optional<int64_t> features =
      input.size() == 3 ? input[2].getConstant() : std::nullopt;
  if (!features || width <= 0 || *features % width || dims <= 0 || dims % 2 ||
      dims > width || angles != Shape{2, input[1], 1, dims / 2})
    return emitOptionalError(location,
                             "'rotary_turn' needs tokens [N, T, heads · "
                             "head_dim] and their angles [2, T, 1, dims / 2], "
                             "dims being even and at most head_dim [C1]");
  results.push_back(op.getInput().getType());
  return success();
}

Work RotaryTurnOp::getWork() { return workOf(3); }

LogicalResult CausalMaskOp::inferReturnTypes(MLIRContext *,
                                             std::optional<Location> location,
                                             Adaptor op,
                                             SmallVectorImpl<Type> &results) {
  if (getShape(op.getInput()).size() < 2)
    return emitOptionalError(location,
                             "'causal_mask' needs scores [..., T, S] [C1]");
  results.push_back(op.getInput().getType());
  return success();
}

Work CausalMaskOp::getWork() { return workOf(0); }
