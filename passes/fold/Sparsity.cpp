//===- Sparsity.cpp - Masks as kept places --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sparsity.h"
#include "passes/fold/Folding.h"

using namespace mlir;
using namespace mlir::lathe;

ParameterOp lathe::getMaskParameter(Value mask) {
  if (auto shared = mask.getDefiningOp<ChannelMaskOp>())
    mask = shared.getMask();
  // A checkpoint may have a mask of other floats than the spec.
  if (auto cast = mask.getDefiningOp<CastOp>())
    mask = cast.getInput();
  return mask.getDefiningOp<ParameterOp>();
}

std::optional<Places> lathe::getKeptPlaces(Value mask) {
  ParameterOp parameter = getMaskParameter(mask);
  if (!parameter)
    return std::nullopt;
  auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
      parameter, parameter.getWeightAttr());
  auto values = dyn_cast_if_present<DenseFPElementsAttr>(
      weight ? weight.getValuesAttr() : ElementsAttr());
  if (!values)
    return std::nullopt;
  const llvm::fltSemantics &computed =
      cast<FloatType>(getElementTypeOrSelf(mask)).getFloatSemantics();
  Places kept;
  for (auto [i, value] : llvm::enumerate(values.getValues<APFloat>())) {
    bool losesInfo;
    (void)value.convert(computed, APFloat::rmNearestTiesToEven, &losesInfo);
    if (!value.isNaN() && !value.isZero() && !value.isNegative())
      kept.push_back(i);
  }
  return kept;
}

namespace {

/// y = s ⊙ b(m) ⊙ (x + U (V x)) with the mask m known. What computes x takes
/// over the correction where it is a matrix: (I + U V) W.
struct FoldMask : OpRewritePattern<HybridSparseMaskOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(HybridSparseMaskOp op,
                                PatternRewriter &rewriter) const override {
    // A soft mask is one of training, which drops nothing yet.
    if (op.getStep())
      return failure();
    std::optional<Places> places = getKeptPlaces(op.getTheMask());
    if (!places || places->empty())
      return failure();
    Composer c(op.getLoc(), rewriter);
    int64_t rank = getShape(op.getInput()).size();
    int64_t axis = fromFront(op.getAxis(), rank);
    Value y = correct(op, *places, axis, c);
    int64_t size = *getDim(op.getInput(), axis).getConstant();
    rewriter.replaceOp(op, c.spread(y, axis, *places, size));
    return success();
  }

private:
  /// The kept channels, corrected and scaled.
  static Value correct(HybridSparseMaskOp op, ArrayRef<int64_t> places,
                       int64_t axis, Composer &c) {
    Value x = op.getInput();
    if (op.getV() && x.hasOneUse()) {
      if (auto linear = x.getDefiningOp<LinearOp>())
        return correctLinear(op, linear, places, c);
      if (auto embedding = x.getDefiningOp<EmbeddingOp>())
        return correctEmbedding(op, embedding, places, c);
    }
    Value y = c.keep(x, axis, places);
    if (op.getV())
      y = c.add(y,
                c.linear(c.linear(x, op.getV()), c.keep(op.getU(), 0, places)));
    return scale(op, y, places, axis, getShape(x).size(), c);
  }

  /// y ⊙ s along an axis of a tensor of rank `rank`.
  static Value scale(HybridSparseMaskOp op, Value y, ArrayRef<int64_t> places,
                     int64_t axis, int64_t rank, Composer &c) {
    if (!op.getScale())
      return y;
    Shape shape(rank - axis, 1);
    shape.front() = int64_t(places.size());
    return c.mul(y, c.reshape(c.keep(op.getScale(), 1, places), shape));
  }

  /// Rows of W: s ⊙ (W + U (V W)), of the kept ones only.
  static Value correctRows(HybridSparseMaskOp op, Value w,
                           ArrayRef<int64_t> places, Composer &c) {
    Value correction =
        c.matmul(c.keep(op.getU(), 0, places), c.matmul(op.getV(), w));
    return scale(op, c.add(c.keep(w, 0, places), correction), places, 0, 2, c);
  }

  static Value correctLinear(HybridSparseMaskOp op, LinearOp linear,
                             ArrayRef<int64_t> places, Composer &c) {
    Value weight = correctRows(op, linear.getWeight(), places, c);
    Value bias = linear.getBias();
    if (bias) {
      // A column, which the correction maps as it does those of the weight.
      bias = c.unsqueeze(bias, {1});
      bias = c.squeeze(correctRows(op, bias, places, c), {1});
    }
    return c.linear(linear.getInput(), weight, bias);
  }

  static Value correctEmbedding(HybridSparseMaskOp op, EmbeddingOp embedding,
                                ArrayRef<int64_t> places, Composer &c) {
    Value table = embedding.getWeight();
    Value correction =
        c.linear(c.linear(table, op.getV()), c.keep(op.getU(), 0, places));
    table =
        scale(op, c.add(c.keep(table, 1, places), correction), places, 1, 2, c);
    return EmbeddingOp::create(c, embedding.getIndices(), table);
  }
};

} // namespace

void lathe::populateSparsityFolds(RewritePatternSet &patterns) {
  patterns.add<FoldMask>(patterns.getContext());
}
