//===- Multigrid.cpp - Multigrid operators --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Multigrid.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"
#include "dialect/Windows.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Multigrid.cpp.inc"

void LatheDialect::addMultigridOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Multigrid.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// MultigridVcycleOp
//===----------------------------------------------------------------------===//

static constexpr StringRef vcycle = "multigrid_vcycle";
static constexpr int64_t mostLevels = 64;

/// Pixels of the next coarser level.
static int64_t restrictSize(int64_t size, int64_t padding) {
  return (size + 2 * padding - 3) / 2 + 1;
}

/// The extent `dim` of a parameter of rank 4, or -1.
static int64_t extentOf(Value parameter, unsigned dim) {
  auto type = cast<RankedTensorType>(parameter.getType());
  return type.getRank() == 4 && type.hasStaticShape() ? type.getDimSize(dim)
                                                      : -1;
}

namespace {
/// The checks of a V-cycle, on an op or on what will be one.
template <typename OpTy> class VcycleChecker {
public:
  VcycleChecker(std::optional<Location> location, OpTy op)
      : location(location), op(op) {}

  LogicalResult check() {
    if (failed(checkIterations()) || failed(checkCounts()) ||
        failed(checkLevels()))
      return failure();
    return checkNotNegative(location, vcycle, "eps", op.getEps(), "C7");
  }

  /// The levels, as far as parameters and sizes are what they should be.
  SmallVector<GridLevel> readLevels() {
    SmallVector<GridLevel> levels;
    Shape input = getShape(op.getInput());
    GridLevel level = {extentOf(op.getGuessWeight(), 0),
                       *input[1].getConstant(),
                       *input[2].getConstant(),
                       *input[3].getConstant(),
                       0,
                       0};
    size_t count = op.getIterations().size();
    for (size_t l = 0; l < count; ++l) {
      ArrayRef<int64_t> pair =
          cast<DenseI64ArrayAttr>(op.getIterations()[l]).asArrayRef();
      level.pre = pair[0] - (l == 0);
      // Nothing comes back to the coarsest level.
      level.post = l + 1 < count ? pair[1] : 0;
      levels.push_back(level);
      if (l + 1 == count)
        break;
      level.u = extentOf(op.getPiWeight()[l], 0);
      level.f = extentOf(op.getRWeight()[l], 0);
      int64_t padding = op.getRestrictionPadding();
      level.height = restrictSize(level.height, padding);
      level.width = restrictSize(level.width, padding);
    }
    return levels;
  }

private:
  LogicalResult checkIterations() {
    Shape input = getShape(op.getInput());
    if (input.size() != 4 || !input[1].getConstant() ||
        !input[2].getConstant() || !input[3].getConstant())
      return emitOptionalError(
          location, "'", vcycle,
          "' needs an input [N, C, H, W] of which only N is dynamic, got ",
          formatShape(input), " [C1]");
    bool isGood = !op.getIterations().empty() &&
                  int64_t(op.getIterations().size()) <= mostLevels;
    for (auto [l, pair] : llvm::enumerate(
             op.getIterations().template getAsRange<DenseI64ArrayAttr>()))
      isGood &= pair[0] >= (l == 0) && pair[1] >= 0;
    if (!isGood)
      return emitOptionalError(
          atKey(location, "iterations"), "'", vcycle, "' needs 1 to ",
          mostLevels,
          " levels with iterations [pre, post] of at least 0, and of at least "
          "[1, 0] at the finest, got ",
          op.getIterations(), " [C2]");
    int64_t padding = op.getRestrictionPadding();
    if (padding != 0 && padding != 1)
      return emitOptionalError(atKey(location, "restriction_padding"), "'",
                               vcycle, "' pads by 0 or 1, not by ", padding,
                               " [C5]");
    return success();
  }

  LogicalResult checkCount(StringRef name, ValueRange family, int64_t wanted) {
    int64_t count = family.size();
    if (count == wanted)
      return success();
    return emitOptionalError(location, "'", vcycle, "' needs ", wanted, " of ",
                             name, ", got ", count, " [C3]");
  }

  LogicalResult checkCounts() {
    int64_t between = op.getIterations().size() - 1;
    if (failed(checkCount("Pi.weight", op.getPiWeight(), between)) ||
        failed(checkCount("R.weight", op.getRWeight(), between)))
      return failure();
    int64_t pre = 0, post = 0;
    for (const GridLevel &level : readLevels()) {
      pre += level.pre;
      post += level.post;
    }
    bool bias = bool(op.getGuessBias()),
         residual = !op.getResidualAWeight().empty(),
         norm = !op.getNormWeight().empty();
    std::tuple<StringRef, ValueRange, int64_t> families[] = {
        {"residual A.weight", op.getResidualAWeight(), residual ? between : 0},
        {"residual A.bias", op.getResidualABias(),
         residual && bias ? between : 0},
        {"RTlayers.weight", op.getProlongWeight(), between},
        {"norm_layer_list.weight", op.getNormWeight(), norm ? between : 0},
        {"norm_layer_list.bias", op.getNormBias(), norm ? between : 0},
        {"A.weight", op.getPreAWeight(), pre},
        {"A.bias", op.getPreABias(), bias ? pre : 0},
        {"S.weight", op.getPreSWeight(), pre},
        {"S.bias", op.getPreSBias(), bias ? pre : 0},
        {"post A.weight", op.getPostAWeight(), post},
        {"post A.bias", op.getPostABias(), bias ? post : 0},
        {"post S.weight", op.getPostSWeight(), post},
        {"post S.bias", op.getPostSBias(), bias ? post : 0}};
    for (const auto &[name, family, wanted] : families)
      if (failed(checkCount(name, family, wanted)))
        return failure();
    return success();
  }

  LogicalResult checkShape(StringRef name, ValueRange family, size_t place,
                           ArrayRef<DimExpr> wanted) {
    if (place >= family.size())
      return success();
    return checkParameter(location, vcycle, name, family[place], wanted, "C4");
  }

  LogicalResult checkSmoothers(const GridLevel &level, int64_t count,
                               size_t first, bool isPost) {
    Shape a = {level.f, level.u, 3, 3}, s = {level.u, level.f, 3, 3};
    for (size_t i = first; i < first + count; ++i)
      if (failed(checkShape("A.weight",
                            isPost ? op.getPostAWeight() : op.getPreAWeight(),
                            i, a)) ||
          failed(checkShape("A.bias",
                            isPost ? op.getPostABias() : op.getPreABias(), i,
                            {level.f})) ||
          failed(checkShape("S.weight",
                            isPost ? op.getPostSWeight() : op.getPreSWeight(),
                            i, s)) ||
          failed(checkShape("S.bias",
                            isPost ? op.getPostSBias() : op.getPreSBias(), i,
                            {level.u})))
        return failure();
    return success();
  }

  /// What stands between level `l` and the next.
  LogicalResult checkTransfer(size_t l, const GridLevel &fine,
                              const GridLevel &coarse) {
    Shape norm = {fine.u, fine.height, fine.width};
    std::tuple<StringRef, ValueRange, Shape> families[] = {
        {"Pi.weight", op.getPiWeight(), {coarse.u, fine.u, 3, 3}},
        {"R.weight", op.getRWeight(), {coarse.f, fine.f, 3, 3}},
        {"A.weight", op.getResidualAWeight(), {fine.f, fine.u, 3, 3}},
        {"A.bias", op.getResidualABias(), {fine.f}},
        {"RTlayers.weight",
         op.getProlongWeight(),
         {coarse.u, fine.u, fine.prolongHeight(), fine.prolongWidth()}},
        {"norm_layer_list.weight", op.getNormWeight(), norm},
        {"norm_layer_list.bias", op.getNormBias(), norm}};
    for (const auto &[name, family, shape] : families)
      if (failed(checkShape(name, family, l, shape)))
        return failure();
    return success();
  }

  LogicalResult checkPixels(size_t l, const GridLevel &level, bool isCoarsest) {
    bool isPadded = op.getRestrictionPadding() == 1;
    bool hasPadding =
        l == 0 || level.pre || level.post ||
        (!isCoarsest && (isPadded || !op.getResidualAWeight().empty()));
    bool isReflected =
        hasPadding && op.getPaddingMode() == PaddingMode::reflect;
    int64_t least = !isCoarsest && !isPadded ? 3 : isReflected ? 2 : 1;
    if (std::min(level.height, level.width) >= least)
      return success();
    return emitOptionalError(location, "'", vcycle, "' has ", level.height, "x",
                             level.width, " pixels at level ", l,
                             ", but its convolutions need ", least,
                             "; use fewer levels or a larger input [C6]");
  }

  LogicalResult checkLevels() {
    SmallVector<GridLevel> levels = readLevels();
    if (failed(checkParameter(location, vcycle, "layer0.0.S.weight",
                              op.getGuessWeight(),
                              {levels[0].u, levels[0].f, 3, 3}, "C4")) ||
        failed(checkParameter(location, vcycle, "layer0.0.S.bias",
                              op.getGuessBias(), {levels[0].u}, "C4")))
      return failure();
    size_t pre = 0, post = 0;
    for (auto [l, level] : llvm::enumerate(levels)) {
      bool isCoarsest = l + 1 == levels.size();
      if (failed(checkPixels(l, level, isCoarsest)) ||
          failed(checkSmoothers(level, level.pre, pre, /*isPost=*/false)) ||
          failed(checkSmoothers(level, level.post, post, /*isPost=*/true)) ||
          (!isCoarsest && failed(checkTransfer(l, level, levels[l + 1]))))
        return failure();
      pre += level.pre;
      post += level.post;
    }
    return success();
  }

  std::optional<Location> location;
  OpTy op;
};
} // namespace

SmallVector<GridLevel> lathe::getGridLevels(MultigridVcycleOp op) {
  return VcycleChecker<MultigridVcycleOp>(op.getLoc(), op).readLevels();
}

LogicalResult MultigridVcycleOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  if (failed(VcycleChecker<Adaptor>(location, op).check()))
    return failure();
  Shape shape = getShape(op.getInput());
  shape[1] = extentOf(op.getGuessWeight(), 0);
  return inferTensor(location, vcycle, shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

bool MultigridVcycleOp::joinsNeighbours(unsigned operand) {
  // Those of transposed convolutions.
  return !llvm::is_contained(getProlongWeight(), getOperand(operand));
}

Work MultigridVcycleOp::getWork() {
  bool bias = bool(getGuessBias());
  DimExpr multiplyAdds, further;
  SmallVector<GridLevel> levels = getGridLevels(*this);
  for (auto [l, level] : llvm::enumerate(levels)) {
    DimExpr pixels = level.height * level.width;
    int64_t smoothers = level.pre + level.post;
    bool isRestricted = l + 1 < levels.size();
    int64_t residuals = isRestricted && !getResidualAWeight().empty();
    // A and S of each smoother, the guess, and A of a residual.
    int64_t convolutions = 2 * smoothers + (l == 0) + residuals;
    multiplyAdds += pixels * (9 * level.u * level.f * convolutions);
    // f − A u and the sum with u; the biases of A and S.
    further += pixels * (smoothers * (level.f + level.u) + residuals * level.f);
    if (bias)
      further += pixels * (smoothers * (level.f + level.u) +
                           residuals * level.f + (l == 0 ? level.u : 0));
    if (!isRestricted)
      break;
    const GridLevel &coarse = levels[l + 1];
    DimExpr restricted = coarse.height * coarse.width;
    multiplyAdds +=
        restricted *
        (9 * (coarse.u * level.u + coarse.f * level.f) +
         coarse.u * level.u * level.prolongHeight() * level.prolongWidth());
    // The sum with what was prolonged; a layer norm is seven operations.
    further += pixels * (level.u * (getNormWeight().empty() ? 1 : 8));
  }
  DimExpr images = getShape(getInput())[0];
  return workOf(multiplyAdds * images, further * images);
}
