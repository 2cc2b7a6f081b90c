//===- Pool.cpp - Pooling as linalg ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Pool.h"
#include "codegen/lower/Tensors.h"
#include <limits>

using namespace mlir;
using namespace mlir::lathe;

Value lathe::poolWindows(Structured &b, Value image, const PoolWindow &window,
                         PoolKind kind) {
  bool isMax = kind == PoolKind::max;
  double neutral = isMax ? -std::numeric_limits<double>::infinity() : 0;
  // Places of height and width, and the map from (result, p, q) to the image.
  Shape shape = b.getShape(image);
  unsigned rank = shape.size(), height = window.heightDim;
  SmallVector<int64_t> low(rank, 0), high(rank, 0);
  SmallVector<AffineExpr> read;
  for (unsigned i = 0; i < rank; ++i)
    read.push_back(b.d(i));
  for (unsigned i : {0, 1}) {
    unsigned dim = height + i;
    low[dim] = window.padding[i];
    high[dim] = window.padding[i + 2];
    read[dim] =
        b.d(dim) * window.stride[i] + b.d(rank + i) * window.dilation[i];
    int64_t reach = (window.kernel[i] - 1) * window.dilation[i] + 1;
    shape[dim] = (shape[dim] + (low[dim] + high[dim] - reach))
                     .floorDiv(window.stride[i]) +
                 1;
  }
  Type type = getElementTypeOrSelf(image);
  Value padded = b.pad(image, low, high, PaddingMode::zeros, neutral);
  // Nothing but the extents of the window is taken from this operand.
  Value taps = b.empty({window.kernel[0], window.kernel[1]}, type);
  return b.reduce(
      shape, 2, type, neutral, {padded, taps},
      {b.mapOf(rank + 2, read), b.mapOf(rank + 2, {b.d(rank), b.d(rank + 1)})},
      [&](Structured &b, ValueRange args) {
        return isMax ? max(b, args[2], args[0]) : add(b, args[2], args[0]);
      });
}

/// Sums over windows divided by the number of their pixels: those of the image
/// and, if `counted` is not 0, of this padding.
static Value divideByCount(Structured &b, Value sums, Value image,
                           PoolWindow window, ArrayRef<int64_t> counted) {
  Shape shape = b.getShape(sums);
  Type type = getElementTypeOrSelf(sums);
  if (counted == ArrayRef(window.padding))
    return b.map(shape, type, sums, [&](Structured &b, ValueRange args) {
      return div(b, args[0],
                 like(b, args[0], window.kernel[0] * window.kernel[1]));
    });
  // The sums of an image of ones.
  unsigned height = window.heightDim;
  Shape sizes = b.getShape(image), area;
  for (unsigned i : {0, 1}) {
    area.push_back(sizes[height + i] + (counted[i] + counted[i + 2]));
    window.padding[i] -= counted[i];
    window.padding[i + 2] -= counted[i + 2];
  }
  Value ones = b.fill(area, type, 1);
  window.heightDim = 0;
  Value counts = poolWindows(b, ones, window, PoolKind::average);
  return b.map(
      shape, type, {sums, counts},
      {b.getMultiDimIdentityMap(shape.size()),
       b.mapOf(shape.size(), {b.d(height), b.d(height + 1)})},
      [](Structured &b, ValueRange args) { return div(b, args[0], args[1]); });
}

namespace {

struct Pool2dLowering : Lowering<Pool2dOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(Pool2dOp op,
                                      Structured &b) const override {
    Value image = widen(b, op.getInput());
    bool last = b.isChannelsLast();
    if (last)
      image = b.transpose(image, {0, 2, 3, 1});
    PoolWindow window = {llvm::to_vector<4>(op.getKernel()),
                         llvm::to_vector<4>(op.getStride()),
                         llvm::to_vector<4>(op.getDilation()),
                         op.getReachedPadding(), last ? 1u : 2u};
    Value result = poolWindows(b, image, window, op.getKind());
    SmallVector<int64_t, 4> none(4, 0);
    if (op.getKind() == PoolKind::average)
      result = divideByCount(b, result, image, window,
                             op.getCountIncludePad() ? op.getPadding()
                                                     : ArrayRef(none));
    result = convertTensor(b, result, getElementTypeOrSelf(op.getInput()));
    return SmallVector<Value>{last ? b.transpose(result, {0, 3, 1, 2})
                                   : result};
  }
};

} // namespace

void lathe::populatePoolLowerings(RewritePatternSet &patterns,
                                  LoweringState &state) {
  patterns.add<Pool2dLowering>(patterns.getContext(), state);
}
