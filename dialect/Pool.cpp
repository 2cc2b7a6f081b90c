//===- Pool.cpp - Pooling -------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Locations.h"
#include "dialect/Windows.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Pool.cpp.inc"

void LatheDialect::addPoolOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Pool.cpp.inc"
      >();
}

/// Pixels after the input of which windows may take some.
static int64_t padAfter(int64_t padding, int64_t kernel, int64_t stride,
                        int64_t dilation, bool isCeil) {
  // `inferWindowed` refuses what is larger.
  if (!isCeil || std::max({padding, kernel, stride, dilation}) > mostWindow)
    return padding;
  // With one more, a window could begin behind the input.
  return std::min(padding + stride - 1, (kernel - 1) * dilation);
}

LogicalResult Pool2dOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Shape input = getShape(op.getInput());
  if (input.size() != 4)
    return emitOptionalError(location,
                             "'pool2d' needs an input [N, C, H, W], got ",
                             formatShape(input), " [C1]");
  ArrayRef<int64_t> kernel = op.getKernel(), padding = op.getPadding();
  if (failed(verifyWindow(location, "pool2d", kernel, op.getStride(),
                          op.getDilation(), padding)))
    return failure();
  Shape shape = {input[0], input[1]};
  for (int i : {0, 1}) {
    int64_t dilation = op.getDilation()[i], stride = op.getStride()[i];
    FailureOr<DimExpr> size =
        inferWindowed(atKey(location, "kernel"), "pool2d", input[2 + i],
                      kernel[i], stride, dilation, padding[i],
                      padAfter(padding[i + 2], kernel[i], stride, dilation,
                               op.getCeilMode()));
    if (failed(size))
      return failure();
    shape.push_back(*size);
    // Every window then holds a pixel of the image.
    int64_t reach = (kernel[i] - 1) * dilation + 1;
    int64_t most = std::max(padding[i], padding[i + 2]);
    if (most > reach / 2)
      return emitOptionalError(atKey(location, "padding"),
                               "'pool2d' takes a padding of at most half its "
                               "window: ",
                               most, " pixels, a window of ", reach, " [C2]");
  }
  return inferTensor(location, "pool2d", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

SmallVector<int64_t, 4> Pool2dOp::getReachedPadding() {
  SmallVector<int64_t, 4> padding(getPadding());
  for (int i : {0, 1})
    padding[i + 2] = padAfter(padding[i + 2], getKernel()[i], getStride()[i],
                              getDilation()[i], getCeilMode());
  return padding;
}

Work Pool2dOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())) *
                       (getKernel()[0] * getKernel()[1]));
}
