//===- Norms.cpp - The affine parts of norms ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Adapter.h"
#include "passes/norms/ChannelMap.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

//===----------------------------------------------------------------------===//
// Chosen batch norms and factors
//===----------------------------------------------------------------------===//

/// x ⊙ scale + shift along `axis`.
Value applyMap(Composer &c, Value x, Value scale, Value shift, int64_t axis) {
  int64_t rank = getShape(x).size();
  if (scale)
    x = c.mul(x, alignVector(c, scale, axis, rank));
  return shift ? c.add(x, alignVector(c, shift, axis, rank)) : x;
}

/// A batch norm whose statistics an input chooses, and the map before it: one
/// product and one sum, with vectors that are computed when compiling.
struct SettleBatchNorm : OpRewritePattern<BatchNormOp> {
  SettleBatchNorm(MLIRContext *context, NormFolding &folding)
      : OpRewritePattern(context), folding(folding) {}

  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<ChannelMap> map = matchChannelMap(op, 1);
    if (!map || !isAnyChosen(map->sources))
      return failure();
    std::optional<ChannelMap> before = matchBefore(op, *map);
    SmallVector<Value> values = map->sources;
    if (before)
      llvm::append_range(values, before->sources);
    Composer c(op.getLoc(), rewriter);
    size_t own = map->sources.size();
    auto write = [&](Composer &c, ValueRange from) -> SmallVector<Value> {
      ScaleShift by = map->write(c, from.take_front(own));
      if (!before)
        return {by.scale, by.shift};
      // s (s₁ x + t₁) + t.
      ScaleShift inner = before->write(c, from.drop_front(own));
      Value shift = by.shift, scale = by.scale;
      if (inner.shift)
        shift = c.add(shift, c.mul(scale, inner.shift));
      if (inner.summand != 0)
        shift = c.add(shift, c.mul(scale, inner.summand));
      if (inner.scale)
        scale = c.mul(scale, inner.scale);
      if (inner.factor != 1)
        scale = c.mul(scale, inner.factor);
      return {scale, shift};
    };
    SmallVector<Value> settled = writeSettled(c, values, write);
    Value input = before ? before->input : op.getInput();
    rewriter.replaceOp(op, applyMap(c, input, settled[0], settled[1], 1));
    if (before)
      rewriter.eraseOp(before->op);
    ++folding.settled;
    return success();
  }

private:
  /// A map that the batch norm alone reads.
  static std::optional<ChannelMap> matchBefore(BatchNormOp op,
                                               const ChannelMap &map) {
    Operation *producer = op.getInput().getDefiningOp();
    if (!producer || !producer->hasOneUse())
      return std::nullopt;
    std::optional<ChannelMap> before = matchChannelMap(producer, 1);
    if (!before || before->input.getType() != op.getType())
      return std::nullopt;
    SmallVector<Value> values = map.sources;
    llvm::append_range(values, before->sources);
    return areSettledTogether(values) ? before : std::nullopt;
  }

  NormFolding &folding;
};

/// A window of one pixel is a factor a channel.
struct ScaleOfReprogramming : OpRewritePattern<ChannelReprogramOp> {
  ScaleOfReprogramming(MLIRContext *context, NormFolding &)
      : OpRewritePattern(context) {}

  LogicalResult matchAndRewrite(ChannelReprogramOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<ChannelMap> map = matchChannelMap(op, 1);
    if (!map)
      return failure();
    Composer c(op.getLoc(), rewriter);
    auto write = [&](Composer &c, ValueRange from) -> SmallVector<Value> {
      return {map->write(c, from).scale};
    };
    Value scale = writeSettled(c, map->sources, write).front();
    rewriter.replaceOp(op, applyMap(c, op.getInput(), scale, {}, 1));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Layer and RMS norms before linear layers
//===----------------------------------------------------------------------===//

Value biasOf(LayerNormOp op) { return op.getBias(); }
Value biasOf(RmsNormOp) { return {}; }
bool normalisesFeatures(LayerNormOp op) { return op.getDims() == 1; }
bool normalisesFeatures(RmsNormOp) { return true; }

Value withoutAffine(Composer &c, LayerNormOp op) {
  return LayerNormOp::create(c, op.getInput(), Value(), Value(),
                             op.getDimsAttr(), op.getEpsAttr(),
                             op.getZerosAttr());
}
Value withoutAffine(Composer &c, RmsNormOp op) {
  return RmsNormOp::create(c, op.getInput(), Value(), op.getEpsAttr());
}

/// W (γ ⊙ x + β) + b = (W γ) x + (W β + b), for all that read the norm.
template <typename OpTy> struct MoveAffine : OpRewritePattern<OpTy> {
  MoveAffine(MLIRContext *context, NormFolding &folding)
      : OpRewritePattern<OpTy>(context), folding(folding) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!op.getWeight() || !normalisesFeatures(op) || op->use_empty())
      return failure();
    SmallVector<LinearOp> layers;
    for (OpOperand &use : op->getUses()) {
      auto layer = dyn_cast<LinearOp>(use.getOwner());
      if (!layer || use.getOperandNumber() != 0 || !canMove(op, layer))
        return failure();
      layers.push_back(layer);
    }
    if (!pays(op, layers))
      return failure();
    Composer c(op.getLoc(), rewriter);
    Value bare = withoutAffine(c, op);
    for (LinearOp layer : layers)
      moveInto(layer, op, bare, rewriter);
    rewriter.eraseOp(op);
    ++folding.norms;
    return success();
  }

private:
  static SmallVector<Value> gather(OpTy op, LinearOp layer) {
    return {layer.getWeight(), layer.getBias(), op.getWeight(), biasOf(op)};
  }

  bool canMove(OpTy op, LinearOp layer) const {
    Type type = getElementTypeOrSelf(layer.getWeight());
    SmallVector<Value> values = gather(op, layer);
    bool isChosenAlone =
        isAnyChosen({op.getWeight(), biasOf(op)}) && !isChosen(values[0]);
    return (type.isF32() || type.isF64()) &&
           type == getElementTypeOrSelf(op.getInput()) &&
           areSettledTogether(values) && !isChosenAlone &&
           folding.readers.isOwn(layer.getWeight());
  }

  /// Whether less arithmetic is left. A layer without a bias gets one where the
  /// norm has one: as many sums as it has features.
  static bool pays(OpTy op, ArrayRef<LinearOp> layers) {
    int64_t saved = getShape(op.getWeight())[0].getConstant().value_or(0);
    int64_t added = 0;
    if (biasOf(op)) {
      saved *= 2;
      for (LinearOp layer : layers)
        if (!layer.getBias())
          added += getDim(layer.getWeight(), 0).getConstant().value_or(saved);
    }
    return added < saved;
  }

  static void moveInto(LinearOp layer, OpTy op, Value bare,
                       PatternRewriter &rewriter) {
    rewriter.setInsertionPoint(layer);
    Composer c(layer.getLoc(), rewriter);
    auto write = [](Composer &c, ValueRange from) -> SmallVector<Value> {
      Value bias = from[1];
      if (from[3]) {
        Value row = c.unsqueeze(from[3], {0});
        bias = c.squeeze(c.linear(row, from[0], bias), {0});
      }
      return {c.mul(from[0], from[2]), bias};
    };
    SmallVector<Value> settled = writeSettled(c, gather(op, layer), write);
    rewriter.replaceOp(layer, c.linear(bare, settled[0], settled[1]));
  }

  NormFolding &folding;
};

} // namespace

void lathe::populateNormPatterns(RewritePatternSet &patterns,
                                 NormFolding &folding) {
  patterns.add<SettleBatchNorm, ScaleOfReprogramming, MoveAffine<LayerNormOp>,
               MoveAffine<RmsNormOp>>(patterns.getContext(), folding);
}
