//===- Winograd.cpp - 3x3 convolutions with fewer multiplications ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Winograd.h"
#include "codegen/Choices.h"
#include "codegen/KernelDialect.h"
#include "codegen/Target.h"
#include "codegen/Winograd.h"
#include "codegen/lower/Tensors.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using kernel::Winograd;

namespace {
/// The sizes of a convolution that are known when compiling.
struct Sizes {
  int64_t height, width, inputs, features;
};
} // namespace

/// The sizes of what `kernel.winograd` can compute.
/// Of a slimmable layer, those of its widest form.
static std::optional<Sizes> getSizes(Structured &b, Conv2dOp op) {
  Value weight = getWhole(op.getWeight());
  Shape result = b.getResultShape(), filters = b.getShape(weight);
  auto isAll = [](ArrayRef<int64_t> values, int64_t wanted) {
    return llvm::all_of(values, [&](int64_t n) { return n == wanted; });
  };
  std::optional<int64_t> sizes[] = {
      result[2].getConstant(), result[3].getConstant(),
      filters[1].getConstant(), filters[0].getConstant()};
  for (std::optional<int64_t> size : sizes)
    if (!size)
      return {};
  // A part whose size is known is a layer's own: not all that there is.
  for (auto [part, all] : llvm::zip(b.getShape(op.getWeight()), filters))
    if (part != all && part.getConstant())
      return {};
  bool fits =
      op.getGroups() == 1 && isAll(op.getStride(), 1) &&
      isAll(op.getDilation(), 1) && filters[2].isConstant(Winograd::taps) &&
      filters[3].isConstant(Winograd::taps) &&
      getElementTypeOrSelf(op.getInput()).isF32() && isOfWeights(weight) &&
      // These are stored as they are, and decoded when running.
      !b.getStored(weight);
  if (!fits)
    return {};
  return Sizes{*sizes[0], *sizes[1], *sizes[2], *sizes[3]};
}

/// The columns of a panel, no more than of other weights, with which the panels
/// have the fewest in all. Few columns leave vectors empty.
static int64_t choosePanel(int64_t features) {
  if (features <= panelColumns)
    return llvm::alignTo(features, 8);
  int64_t best = panelColumns;
  for (int64_t columns : {24, 16})
    if (llvm::alignTo(features, columns) < llvm::alignTo(features, best))
      best = columns;
  return best;
}

/// What a convolution takes, in FLOPs: its own on one image, or those that the
/// machine does while it reads the filters, if that takes longer. The next
/// panel comes while one is multiplied.
static double costDirectly(const Sizes &sizes, double flopsPerByte) {
  double filters = 9.0 * sizes.inputs * sizes.features;
  return std::max(2 * filters * sizes.height * sizes.width,
                  sizeof(float) * filters * flopsPerByte);
}

/// A vector more is what rows are kept apart by.
static constexpr int64_t margin = 16;

static double costBy(const Winograd &method, const Sizes &sizes,
                     double flopsPerByte) {
  // Of what transforms, little is fused, and loads and stores come on top.
  constexpr double flopsPerOp = 4;
  double points = method.points() * method.points(), side = method.results();
  double tiles = double(llvm::divideCeil(sizes.height, method.results())) *
                 llvm::divideCeil(sizes.width, method.results());
  double features = llvm::alignTo(sizes.features, choosePanel(sizes.features));
  double filters = points * sizes.inputs * features;
  double ops = sizes.inputs * 2.0 * method.points() * method.countDataOps() +
               features * (method.points() + side) * method.countResultOps();
  // All filters pass through the second-level cache for each block of tiles,
  // for all but the first one from the last-level cache, at best.
  constexpr double again = 0.5;
  double blocks = std::ceil(
      tiles / method.countTilesOfBlock(sizes.inputs + margin, panelColumns));
  double passes = 1 + again * (blocks - 1);
  return std::max(tiles * (2 * filters + flopsPerOp * ops),
                  passes * sizeof(float) * filters * flopsPerByte);
}

/// The tile of least cost, if that is clearly below what the definition costs,
/// or the one that was measured.
static std::optional<Winograd> chooseMethod(Conv2dOp op, const Sizes &sizes,
                                            double flopsPerByte) {
  auto fits = [&](const Winograd &method) {
    return method.countTileBytes(sizes.inputs + margin, panelColumns) <=
           Winograd::mostBytes;
  };
  if (std::optional<int64_t> side = getChoice(op).winograd)
    return (*side == 2 || *side == 4) && fits(Winograd(*side))
               ? std::optional(Winograd(*side))
               : std::nullopt;
  constexpr double clearly = 0.85;
  double least = clearly * costDirectly(sizes, flopsPerByte);
  std::optional<Winograd> best;
  for (int64_t results : {2, 4}) {
    Winograd method(results);
    double cost = costBy(method, sizes, flopsPerByte);
    if (cost >= least || !fits(method))
      continue;
    least = cost;
    best = method;
  }
  return best;
}

/// G g Gᵀ of filters g [F, C, 3, 3], in panels [⌈F/P⌉, points², C, P].
static Value transformFilters(Structured &b, Value filters,
                              const Winograd &method) {
  Shape sizes = b.getShape(filters);
  DimExpr features = sizes[0], inputs = sizes[1], points = method.points();
  Value matrix =
      b.table({method.points(), Winograd::taps}, getElementTypeOrSelf(filters),
              method.getFilterMatrix());
  auto d = [&](unsigned i) { return b.d(i); };
  Value rows = b.contract({features, inputs, points, Winograd::taps}, 1,
                          filters, b.mapOf(5, {d(0), d(1), d(4), d(3)}), matrix,
                          b.mapOf(5, {d(2), d(4)}));
  Value both = b.contract({features, inputs, points, points}, 1, rows,
                          b.mapOf(5, {d(0), d(1), d(2), d(4)}), matrix,
                          b.mapOf(5, {d(3), d(4)}));
  both = b.reshape(both, {features, inputs, points * points});
  return makePanels(b, both, {2, 1}, choosePanel(*features.getConstant()));
}

/// The image [N, H', W', C] with its padding, and zeros as far as the last
/// tiles reach.
static Value padImage(Structured &b, Conv2dOp op, const Sizes &sizes,
                      int64_t side) {
  Value image = b.transpose(op.getInput(), {0, 2, 3, 1});
  ArrayRef<int64_t> padding = op.getPadding();
  SmallVector<int64_t> none(4, 0), beyond(4, 0);
  beyond[1] = llvm::alignTo(sizes.height, side) - sizes.height;
  beyond[2] = llvm::alignTo(sizes.width, side) - sizes.width;
  SmallVector<int64_t> low = {0, padding[0], padding[1], 0};
  SmallVector<int64_t> high = {0, padding[2], padding[3], 0};
  if (op.getPaddingMode() != PaddingMode::zeros) {
    image = b.pad(image, low, high, op.getPaddingMode());
    return b.pad(image, none, beyond, PaddingMode::zeros);
  }
  high[1] += beyond[1], high[2] += beyond[2];
  return b.pad(image, low, high, PaddingMode::zeros);
}

Value lathe::convolveByWinograd(Structured &b, Conv2dOp op) {
  if (!b.isChannelsLast() || b.getFlopsPerByte() == 0)
    return {};
  std::optional<Sizes> sizes = getSizes(b, op);
  if (!sizes)
    return {};
  std::optional<Winograd> method =
      chooseMethod(op, *sizes, b.getFlopsPerByte());
  if (!method)
    return {};
  Value image = padImage(b, op, *sizes, method->results());
  Type type = b.getF32Type();
  Value weight = convertTensor(b, getWhole(op.getWeight()), type);
  Value filters = transformFilters(b, weight, *method);
  Shape shape = b.getResultShape();
  shape = {shape[0], shape[2], shape[3], shape[1]};
  Value output = b.empty(shape, type);
  auto product = kernel::WinogradOp::create(b, output.getType(), image, filters,
                                            /*extras=*/ValueRange(), output,
                                            b.getAffineMapArrayAttr({}));
  return b.record(product.getResult()[0], shape);
}
