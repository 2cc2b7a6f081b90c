//===- Multigrid.cpp - Multigrid operators as convolutions ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Multigrid.h"
#include "codegen/Decomposition.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// One cycle, level by level; parameters are taken in the order of their use.
class Vcycle {
public:
  Vcycle(MultigridVcycleOp op, Composer &c)
      : op(op), c(c), levels(getGridLevels(op)) {}

  Value compose() {
    Value f = op.getInput();
    Value u = convolve(f, op.getGuessWeight(), op.getGuessBias());
    SmallVector<std::pair<Value, Value>> grids;
    for (auto [l, level] : llvm::enumerate(levels)) {
      if (l > 0)
        std::tie(u, f) = restrict(l - 1, u, f);
      for (int64_t i = 0; i < level.pre; ++i, ++pre)
        u = smooth(u, f,
                   {at(op.getPreAWeight(), pre), at(op.getPreABias(), pre)},
                   {at(op.getPreSWeight(), pre), at(op.getPreSBias(), pre)});
      grids.emplace_back(u, f);
    }
    for (size_t l = levels.size() - 1; l-- > 0;)
      u = prolong(l, u, grids[l].first, grids[l].second);
    return u;
  }

private:
  using Parameters = std::pair<Value, Value>;

  /// A member of a family, null in an empty one (no biases).
  static Value at(ValueRange family, size_t place) {
    return family.empty() ? Value() : family[place];
  }

  /// 3×3, of the size of its input.
  Value convolve(Value x, Value weight, Value bias) {
    return c.conv2d(x, weight, bias, /*stride=*/1, {1, 1, 1, 1},
                    op.getPaddingMode());
  }

  Value smooth(Value u, Value f, Parameters a, Parameters s) {
    Value residual = c.sub(f, convolve(u, a.first, a.second));
    return c.add(u, convolve(residual, s.first, s.second));
  }

  /// u and f at level l + 1.
  std::pair<Value, Value> restrict(size_t l, Value u, Value f) {
    if (Value a = at(op.getResidualAWeight(), l))
      f = c.sub(f, convolve(u, a, at(op.getResidualABias(), l)));
    SmallVector<int64_t> padding(4, op.getRestrictionPadding());
    return {c.conv2d(u, op.getPiWeight()[l], {}, /*stride=*/2, padding,
                     op.getPaddingMode()),
            c.conv2d(f, op.getRWeight()[l], {}, /*stride=*/2, padding,
                     op.getPaddingMode())};
  }

  /// u at level l, from the coarser one and what it was on the way down.
  Value prolong(size_t l, Value coarse, Value u, Value f) {
    SmallVector<int64_t> padding(4, op.getRestrictionPadding());
    u = c.add(u, c.convTranspose2d(coarse, op.getProlongWeight()[l],
                                   /*stride=*/2, padding));
    if (Value scale = at(op.getNormWeight(), l))
      u = c.layerNorm(u, scale, op.getNormBias()[l], /*dims=*/3,
                      op.getEps().convertToDouble());
    size_t post = 0;
    for (size_t finer = 0; finer < l; ++finer)
      post += levels[finer].post;
    for (size_t end = post + levels[l].post; post < end; ++post)
      u = smooth(u, f,
                 {at(op.getPostAWeight(), post), at(op.getPostABias(), post)},
                 {at(op.getPostSWeight(), post), at(op.getPostSBias(), post)});
    return u;
  }

  MultigridVcycleOp op;
  Composer &c;
  SmallVector<GridLevel> levels;
  size_t pre = 0;
};

struct MultigridVcycleDecomposition : Decomposition<MultigridVcycleOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(MultigridVcycleOp op,
                               Composer &c) const override {
    return {Vcycle(op, c).compose()};
  }
};

} // namespace

void lathe::populateMultigridDecompositions(RewritePatternSet &patterns) {
  patterns.add<MultigridVcycleDecomposition>(patterns.getContext());
}
