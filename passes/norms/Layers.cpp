//===- Layers.cpp - Maps of channels in the weights of layers -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/norms/ChannelMap.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

//===----------------------------------------------------------------------===//
// What a layer's weights do with a vector of its channels
//===----------------------------------------------------------------------===//

/// The dimension of a layer's input and result that its weight maps.
int64_t channelAxis(LinearOp op) { return getShape(op.getResult()).size() - 1; }
int64_t channelAxis(Conv2dOp) { return 1; }
int64_t channelAxis(ConvTranspose2dOp) { return 1; }

/// W ⊙ v, v being [output channels].
Value scaleOutputs(Composer &c, LinearOp, Value weight, Value v) {
  return c.mul(weight, c.unsqueeze(v, {1}));
}
Value scaleOutputs(Composer &c, Conv2dOp, Value weight, Value v) {
  return c.mul(weight, alignVector(c, v, 0, 4));
}
Value scaleOutputs(Composer &c, ConvTranspose2dOp op, Value weight, Value v) {
  // [C / groups, F / groups] filters a group.
  Shape shape = getShape(weight);
  int64_t groups = op.getGroups();
  Value grouped = c.reshape(weight, {groups, shape[0].floorDiv(groups),
                                     shape[1], shape[2], shape[3]});
  Value scaled = c.mul(grouped, c.reshape(v, {groups, 1, shape[1], 1, 1}));
  return c.reshape(scaled, shape);
}

/// W ⊙ v, v being [input channels].
Value scaleInputs(Composer &c, LinearOp, Value weight, Value v) {
  return c.mul(weight, v);
}
/// [groups, F / groups, C / groups, kh, kw].
Value scaleGrouped(Composer &c, Conv2dOp op, Value weight, Value v) {
  Shape shape = getShape(weight);
  int64_t groups = op.getGroups();
  Value grouped = c.reshape(weight, {groups, shape[0].floorDiv(groups),
                                     shape[1], shape[2], shape[3]});
  return c.mul(grouped, c.reshape(v, {groups, 1, shape[1], 1, 1}));
}
Value scaleInputs(Composer &c, Conv2dOp op, Value weight, Value v) {
  return c.reshape(scaleGrouped(c, op, weight, v), getShape(weight));
}
Value scaleInputs(Composer &c, ConvTranspose2dOp, Value weight, Value v) {
  return c.mul(weight, alignVector(c, v, 0, 4));
}

/// Whether a summand of the input's channels is the same summand of every place
/// of the result.
bool takesShifts(LinearOp) { return true; }
bool takesShifts(Conv2dOp op) {
  // A border of zeros has none.
  return op.getPaddingMode() != PaddingMode::zeros ||
         llvm::all_of(op.getPadding(),
                      [](int64_t pixels) { return pixels == 0; });
}
bool takesShifts(ConvTranspose2dOp) {
  // Fewer windows meet at the edges than inside.
  return false;
}

/// W v, what the summand v of the input's channels adds to the result's.
Value sumInputs(Composer &c, LinearOp, Value weight, Value v) {
  return c.squeeze(c.linear(c.unsqueeze(v, {0}), weight), {0});
}
Value sumInputs(Composer &c, Conv2dOp op, Value weight, Value v) {
  Value sums =
      c.reduce(ReduceKind::sum, scaleGrouped(c, op, weight, v), {2, 3, 4});
  return c.reshape(sums, {getDim(weight, 0)});
}
Value sumInputs(Composer &, ConvTranspose2dOp, Value, Value) {
  llvm_unreachable("takes no summands");
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// Whether the weight of a layer may change. Narrower types would be rounded
/// where activations aren't.
template <typename OpTy> bool mayChange(OpTy op, const WeightReaders &readers) {
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  Type type = weight.getElementType();
  return weight.hasStaticShape() && (type.isF32() || type.isF64()) &&
         type == getElementTypeOrSelf(op.getInput()) &&
         readers.isOwn(op.getWeight());
}

/// The layer's weight, its bias or null, and the sources of a map, if all are
/// settled together, and nothing that all choices share would be chosen.
template <typename OpTy>
std::optional<SmallVector<Value>> gather(OpTy op, const ChannelMap &map) {
  SmallVector<Value> values = {op.getWeight(), op.getBias()};
  llvm::append_range(values, map.sources);
  if (!areSettledTogether(values) ||
      (isAnyChosen(map.sources) && !isChosen(op.getWeight())))
    return std::nullopt;
  return values;
}

/// x with a map's scale; null stays null.
Value scaled(Composer &c, Value x, const ScaleShift &map) {
  if (x && map.scale)
    x = c.mul(x, map.scale);
  return x && map.factor != 1 ? c.mul(x, map.factor) : x;
}

/// The sum of what is there; null for nothing.
Value sum(Composer &c, Value x, Value y) {
  return x && y ? c.add(x, y) : x ? x : y;
}

template <typename OpTy>
OpTy withWeights(Composer &c, OpTy op, Value input, Value weight, Value bias) {
  SmallVector<Value> operands = {input, weight};
  if (bias)
    operands.push_back(bias);
  auto copy = cast<OpTy>(c.clone(*op));
  copy->setOperands(operands);
  return copy;
}

/// A layer, then a map of its channels: W' = s W, b' = s b + t.
template <typename OpTy> struct AbsorbBehind : OpRewritePattern<OpTy> {
  AbsorbBehind(MLIRContext *context, NormFolding &folding)
      : OpRewritePattern<OpTy>(context, /*benefit=*/2), folding(folding) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!op->hasOneUse() || !mayChange(op, folding.readers))
      return failure();
    Operation *user = *op->user_begin();
    std::optional<ChannelMap> map = matchChannelMap(user, channelAxis(op));
    if (!map || map->input != op.getResult() ||
        user->getResult(0).getType() != op.getType())
      return failure();
    auto values = gather(op, *map);
    // A number alone makes no vector.
    if (!values || (map->shifts && map->sources.empty() && !op.getBias()))
      return failure();
    rewriter.setInsertionPoint(user);
    Composer c(op.getLoc(), rewriter);
    auto write = [&](Composer &c, ValueRange from) -> SmallVector<Value> {
      ScaleShift by = map->write(c, from.drop_front(2));
      Value weight = from[0];
      if (by.scale)
        weight = scaleOutputs(c, op, weight, by.scale);
      if (by.factor != 1)
        weight = c.mul(weight, by.factor);
      Value bias = sum(c, scaled(c, from[1], by), by.shift);
      if (by.summand != 0)
        bias = c.add(bias, by.summand);
      return {weight, bias};
    };
    SmallVector<Value> settled = writeSettled(c, *values, write);
    rewriter.replaceOp(
        user, withWeights(c, op, op.getInput(), settled[0], settled[1]));
    rewriter.eraseOp(op);
    ++folding.absorbed;
    return success();
  }

  NormFolding &folding;
};

/// A map of channels, then a layer that alone reads them: W' = W s, b' = b + W
/// t.
template <typename OpTy> struct AbsorbBefore : OpRewritePattern<OpTy> {
  AbsorbBefore(MLIRContext *context, NormFolding &folding)
      : OpRewritePattern<OpTy>(context, /*benefit=*/1), folding(folding) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getInput().getDefiningOp();
    if (!producer || !producer->hasOneUse() || !mayChange(op, folding.readers))
      return failure();
    std::optional<ChannelMap> map = matchChannelMap(producer, channelAxis(op));
    // A number alone makes no vector.
    if (!map || map->input.getType() != op.getInput().getType() ||
        (map->shifts && (map->sources.empty() || !takesShifts(op))))
      return failure();
    auto values = gather(op, *map);
    if (!values)
      return failure();
    Composer c(op.getLoc(), rewriter);
    auto write = [&](Composer &c, ValueRange from) -> SmallVector<Value> {
      ScaleShift by = map->write(c, from.drop_front(2));
      Value weight = from[0], bias = from[1];
      if (by.shift)
        bias = sum(c, bias, sumInputs(c, op, weight, by.shift));
      if (by.scale)
        weight = scaleInputs(c, op, weight, by.scale);
      if (by.factor != 1)
        weight = c.mul(weight, by.factor);
      return {weight, bias};
    };
    SmallVector<Value> settled = writeSettled(c, *values, write);
    rewriter.replaceOp(op,
                       withWeights(c, op, map->input, settled[0], settled[1]));
    rewriter.eraseOp(producer);
    ++folding.absorbed;
    return success();
  }

  NormFolding &folding;
};

} // namespace

void lathe::populateLayerPatterns(RewritePatternSet &patterns,
                                  NormFolding &folding) {
  patterns.add<AbsorbBehind<LinearOp>, AbsorbBehind<Conv2dOp>,
               AbsorbBehind<ConvTranspose2dOp>, AbsorbBefore<LinearOp>,
               AbsorbBefore<Conv2dOp>, AbsorbBefore<ConvTranspose2dOp>>(
      patterns.getContext(), folding);
}
