//===- ApproximateMath.cpp - Expands elementary functions into polynomials ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

static Value splat(ImplicitLocOpBuilder &b, Type type, double value) {
  TypedAttr element = b.getF32FloatAttr(value);
  if (auto vector = dyn_cast<VectorType>(type))
    element = DenseElementsAttr::get(vector, element);
  return arith::ConstantOp::create(b, element);
}

static Value fma(ImplicitLocOpBuilder &b, Value x, Value y, Value z) {
  return math::FmaOp::create(b, x, y, z);
}

namespace {
/// e^x = 2^n e^r with n = round(x / ln 2) and |r| <= ln 2 / 2, of f32 and
/// vectors of it:
///
///     t = x / ln 2 + (1.5 · 2^23 + 126)   rounds: its last bits are n + 126,
///                                         the exponent of 2^(n-1)
///     e^x = 2^(n-1) · 2 p(r)              overflows to infinity by itself
///
/// p is the polynomial of degree 6, 1 + r + ..., of the least relative error,
/// 3e-9. In all, the error is below 0.9 units in the last place, in a dense
/// sweep, and below 1.2 where products and sums are rounded each; what is below
/// 2^-125.5 becomes 0. A NaN stays one. exp(-x), as in every sigmoid, takes the
/// signs of odd powers instead of negating x.
struct ExpandExp : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto negated = op.getOperand().getDefiningOp<arith::NegFOp>();
    Value x = negated ? negated.getOperand() : op.getOperand();
    double sign = negated ? -1 : 1;
    auto isBeyond = [&](double limit) {
      auto predicate = (limit > 0) == (sign > 0) ? arith::CmpFPredicate::OGT
                                                 : arith::CmpFPredicate::OLT;
      Value bound = splat(b, type, sign * limit);
      return arith::CmpFOp::create(b, predicate, x, bound);
    };
    // Comparisons with NaN are false: it goes through.
    Value clamped =
        arith::SelectOp::create(b, isBeyond(89), splat(b, type, sign * 89), x);
    Value magic = splat(b, type, 1.5 * (1 << 23) + 126);
    Value t = fma(b, clamped, splat(b, type, sign * log2e), magic);
    Value n = arith::SubFOp::create(b, t, magic);
    // Exact, with one rounding or two: n ln2High has few digits.
    Value r = fma(b, n, splat(b, type, -sign * ln2High), clamped);
    r = fma(b, n, splat(b, type, -sign * ln2Low), r);
    Value p = splat(b, type, 2 * coefficients[6]);
    double power = 1;
    for (int k = 5; k >= 0; --k) {
      power = k % 2 ? sign : 1;
      p = fma(b, p, r, splat(b, type, 2 * power * coefficients[k]));
    }
    Value result = arith::MulFOp::create(b, p, powerOfTwo(b, t));
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, isBeyond(-87),
                                                 splat(b, type, 0), result);
    return success();
  }

private:
  static constexpr double log2e = 1.4426950408889634;
  /// The first digits of ln 2, and what they leave.
  static constexpr double ln2High = 0.693359375;
  static constexpr double ln2Low = -2.1219444005469058e-4;
  static constexpr double coefficients[] = {1,
                                            1,
                                            0.4999999403953552,
                                            0.1666652113199234,
                                            0.04166838899254799,
                                            0.00836874544620514,
                                            0.0013814540579915047};

  /// The power of two whose exponent is in the last bits of `t`.
  static Value powerOfTwo(ImplicitLocOpBuilder &b, Value t) {
    Type integer = b.getI32Type();
    TypedAttr places = b.getI32IntegerAttr(23);
    if (auto vector = dyn_cast<VectorType>(t.getType())) {
      integer = vector.clone(integer);
      places = DenseElementsAttr::get(cast<VectorType>(integer), places);
    }
    Value bits = arith::BitcastOp::create(b, integer, t);
    bits = arith::ShLIOp::create(b, bits, arith::ConstantOp::create(b, places));
    return arith::BitcastOp::create(b, t.getType(), bits);
  }
};

/// erf x = x p(u) of f32 and vectors of it, where u = 2 x² / 3.92² − 1 runs
/// from −1 to 1: erf is within half a unit of 1 from 3.92 on. p is the
/// polynomial of degree 15 of the least relative error, 2.5e-8. In all, the
/// error is below 4 units in the last place, in a dense sweep, or 4.1 where
/// products and sums are rounded each. A NaN stays one.
/// Nothing is divided, which takes as long as all of this does.
struct ExpandErf : OpRewritePattern<math::ErfOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ErfOp op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    // Comparisons with NaN are false: it goes through.
    auto clamp = [&](Value x, arith::CmpFPredicate predicate, double limit) {
      Value bound = splat(b, type, limit);
      Value isBeyond = arith::CmpFOp::create(b, predicate, x, bound);
      return arith::SelectOp::create(b, isBeyond, bound, x);
    };
    Value x = clamp(op.getOperand(), arith::CmpFPredicate::OGT, most);
    x = clamp(x, arith::CmpFPredicate::OLT, -most);
    Value square = arith::MulFOp::create(b, x, x);
    Value u =
        fma(b, square, splat(b, type, 2 / (most * most)), splat(b, type, -1));
    ArrayRef<double> rest(coefficients);
    Value p = splat(b, type, rest.back());
    for (double c : llvm::reverse(rest.drop_back()))
      p = fma(b, p, u, splat(b, type, c));
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, p, x);
    return success();
  }

private:
  static constexpr double most = 3.92;
  static constexpr double coefficients[] = {
      0.3607368113235685,    -0.18010862821488746,   0.13408455501611505,
      -0.10917922541623283,  0.09059697189116894,    -0.07401981433170715,
      0.05839599608966163,   -0.04343687785359088,   0.0296975673355427,
      -0.019994990349235454, 0.01420995055338593,    -0.007660576346017495,
      0.0019199722403874726, -0.0013945076532554275, 0.002098758295151306,
      -0.0008439357470690967};
};

/// Where no instruction does both, a product and a sum: LLVM would call fmaf
/// for each lane.
struct SplitFma : OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::FmaOp op,
                                PatternRewriter &rewriter) const override {
    Value product =
        arith::MulFOp::create(rewriter, op.getLoc(), op.getA(), op.getB());
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op.getC());
    return success();
  }
};

struct ApproximateMathPass
    : lathe::impl::ApproximateMathBase<ApproximateMathPass> {
  using ApproximateMathBase::ApproximateMathBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp, ExpandErf>(&getContext(), /*benefit=*/2);
    if (!fused)
      patterns.add<SplitFma>(&getContext());
    populateMathPolynomialApproximationPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
