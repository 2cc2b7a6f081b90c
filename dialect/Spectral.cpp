//===- Spectral.cpp - Filters in the frequency domain ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Activation.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Spectral.cpp.inc"

void LatheDialect::addSpectralOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Spectral.cpp.inc"
      >();
}

LogicalResult FrequencyFilterOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  Shape input = getShape(op.getInput());
  if (input.size() != 4)
    return emitOptionalError(
        location, "'frequency_filter' needs an input [N, C, H, W], got ",
        formatShape(input), " [C1]");
  std::optional<int64_t> channels = input[1].getConstant();
  int64_t blocks = op.getBlocks();
  if (!channels || blocks <= 0 || *channels % blocks)
    return emitOptionalError(atKey(location, "blocks"),
                             "'frequency_filter' needs channels divisible by "
                             "blocks: ",
                             input[1].str(), " channels, ", blocks,
                             " blocks [C2]");
  if (!input[2].getConstant() || !input[3].getConstant())
    return emitOptionalError(location,
                             "'frequency_filter' needs an image of "
                             "known height and width, got ",
                             formatShape(input), " [C3]");
  int64_t width = *channels / blocks;
  std::tuple<StringRef, Value, int> parameters[] = {{"w1", op.getW1(), 4},
                                                    {"b1", op.getB1(), 3},
                                                    {"w2", op.getW2(), 4},
                                                    {"b2", op.getB2(), 3}};
  Shape wanted = {2, blocks, width, width};
  for (auto [name, value, rank] : parameters)
    if (failed(checkParameter(location, "frequency_filter", name, value,
                              ArrayRef(wanted).take_front(rank), "C4")))
      return failure();
  if (failed(checkNotNegative(location, "frequency_filter", "softshrink",
                              op.getSoftshrink(), "C5")))
    return failure();
  if (getDefaultConstant(op.getAct()))
    return emitOptionalError(atKey(location, "act"),
                             "'frequency_filter' takes no activation with a "
                             "constant, got ",
                             stringifyActivationKind(op.getAct()), " [C6]");
  results.push_back(op.getInput().getType());
  return success();
}

/// 5·n·log2(n) operations of a complex fast Fourier transform of n numbers;
/// half as many for real ones. Rounded up, for n that are no power of two.
static int64_t countRealTransform(int64_t n) {
  return static_cast<int64_t>(std::ceil(2.5 * n * std::log2(n)));
}

Work FrequencyFilterOp::getWork() {
  ArrayRef<int64_t> sizes = getInput().getType().getShape();
  int64_t channels = sizes[1], height = sizes[2], width = sizes[3];
  DimExpr images = getDim(getInput(), 0);
  DimExpr planes = images * channels;
  int64_t frequencies = height * (width / 2 + 1);
  // A complex product is four real ones.
  DimExpr products =
      planes * frequencies * DimExpr(2 * 4 * (channels / getBlocks()));
  // Of each complex number: two biases, an activation and a threshold (both
  // parts), then the product with the mask.
  DimExpr mask = planes * frequencies * (2 * 4 + 6);
  DimExpr transforms = planes * (2 * countRealTransform(height * width));
  DimExpr residual = planes * (height * width);
  return workOf(products, mask + transforms + residual);
}
