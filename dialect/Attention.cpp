//===- Attention.cpp - Attention ------------------------------------------===//
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
#include "dialect/Attention.cpp.inc"

void LatheDialect::addAttentionOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Attention.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// SubspaceAttentionOp
//===----------------------------------------------------------------------===//

LogicalResult SubspaceAttentionOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "subspace_attention";
  Shape input = getShape(op.getInput());
  if (input.size() != 4)
    return emitOptionalError(location, "'", name,
                             "' needs an input [N, C, H, W], got ",
                             formatShape(input), " [C1]");
  std::optional<int64_t> channels = input[1].getConstant();
  int64_t subspaces = op.getSubspaces();
  if (!channels || subspaces <= 0 || *channels % subspaces)
    return emitOptionalError(
        atKey(location, "subspaces"), "'", name,
        "' needs channels divisible by subspaces: ", input[1].str(),
        " channels, ", subspaces, " subspaces [C2]");
  int64_t width = *channels / subspaces;
  Shape one = {1}, each = {width};
  std::tuple<StringRef, ValueRange, Shape> families[] = {
      {"conv_dws.weight", op.getDwsWeight(), {width, 1, 1, 1}},
      {"conv_dws.bias", op.getDwsBias(), each},
      {"bn_dws.weight", op.getDwsNormWeight(), each},
      {"bn_dws.bias", op.getDwsNormBias(), each},
      {"bn_dws.running_mean", op.getDwsNormMean(), each},
      {"bn_dws.running_var", op.getDwsNormVar(), each},
      {"conv_point.weight", op.getPointWeight(), {1, width, 1, 1}},
      {"conv_point.bias", op.getPointBias(), one},
      {"bn_point.weight", op.getPointNormWeight(), one},
      {"bn_point.bias", op.getPointNormBias(), one},
      {"bn_point.running_mean", op.getPointNormMean(), one},
      {"bn_point.running_var", op.getPointNormVar(), one}};
  for (const auto &[parameter, values, shape] : families) {
    if (static_cast<int64_t>(values.size()) != subspaces)
      return emitOptionalError(location, "'", name, "' has ", subspaces,
                               " subspaces, but ", values.size(), " of ",
                               parameter, " [C3]");
    for (Value value : values)
      if (failed(checkParameter(location, name, parameter, value, shape, "C4")))
        return failure();
  }
  if (failed(checkNotNegative(location, name, "eps", op.getEps(), "C5")))
    return failure();
  results.push_back(op.getInput().getType());
  return success();
}

Work SubspaceAttentionOp::getWork() {
  Shape input = getShape(getInput());
  DimExpr elements = getElementCount(input);
  DimExpr maps = input[0] * input[2] * input[3] * getSubspaces();
  // Multiply-adds of both convolutions. Further, an element: the bias, the
  // norm (2), relu, nine compared pixels, the product and sum of the result;
  // an element of a map: the bias, the norm (2), relu, softmax (5).
  return workOf(elements * 2, elements * 15 + maps * 9);
}
