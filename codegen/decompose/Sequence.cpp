//===- Sequence.cpp - Attention over sequences in smaller ops -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sequence.h"
#include "codegen/Decomposition.h"
#include "dialect/Fused.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// The query's heads stand with the head of key and value that serves them:
/// [N, G, H/G, T, d] by [N, G, 1, S, d].
struct AttentionDecomposition : Decomposition<AttentionOp> {
  using Decomposition::Decomposition;

  /// What is to be done in one pass over the keys has a lowering.
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (isFused(op))
      return failure();
    return Decomposition::matchAndRewrite(op, rewriter);
  }

  SmallVector<Value> decompose(AttentionOp op, Composer &c) const override {
    int64_t groups = op.getKvHeads(), each = op.getHeads() / groups;
    Shape query = getShape(op.getQuery()), key = getShape(op.getKey());
    Value q = split(c, op.getQuery(), groups, each);
    Value k = split(c, op.getKey(), groups, 1);
    Value v = split(c, op.getValue(), groups, 1);
    double scale = getScoreScale(op);
    Value scores = c.matmul(q, k, false, true);
    if (scale != 1)
      scores = c.mul(scores, scale);
    if (op.getBias())
      scores = c.add(scores, splitBias(c, op.getBias(), groups, each));
    if (op.getCausal())
      scores = CausalMaskOp::create(c, scores);
    Value y = c.matmul(c.softmax(scores), v);
    return {
        c.reshape(c.transpose(y, {0, 3, 1, 2, 4}), getShape(op.getResult()))};
  }

private:
  /// [N, T, G · each · d] as [N, G, each, T, d].
  static Value split(Composer &c, Value x, int64_t groups, int64_t each) {
    Shape shape = getShape(x);
    DimExpr width = shape[2].floorDiv(groups * each);
    return c.transpose(c.reshape(x, {shape[0], shape[1], groups, each, width}),
                       {0, 2, 3, 1, 4});
  }

  /// [..., H or 1, T, S] as [..., G or 1, each or 1, T, S].
  static Value splitBias(Composer &c, Value bias, int64_t groups,
                         int64_t each) {
    Shape shape = getShape(bias);
    if (shape.size() < 3)
      return bias;
    bool isShared = shape[shape.size() - 3].isConstant(1);
    Shape split(shape.begin(), shape.end() - 3);
    split.append({isShared ? 1 : groups, isShared ? 1 : each,
                  *(shape.end() - 2), shape.back()});
    return c.reshape(bias, split);
  }
};

struct RotaryDecomposition : Decomposition<RotaryOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(RotaryOp op, Composer &c) const override {
    Shape shape = getShape(op.getInput());
    int64_t width = op.getHeadDim(), dims = op.getDims();
    Shape heads = {shape[0], shape[1], shape[2].floorDiv(width), width};
    Value angles = RotaryAnglesOp::create(c, op.getInput(), op.getDimsAttr(),
                                          op.getThetaAttr(), op.getPastAttr());
    // Launches of a device cost more than its loops.
    if (isFused(op))
      return {RotaryTurnOp::create(c, op.getInput(), angles,
                                   op.getHeadDimAttr(), op.getStyleAttr(),
                                   op.getDimsAttr())};
    Value cosine = c.squeeze(c.slice(angles, 0, 0, 1), {0});
    Value sine = c.squeeze(c.slice(angles, 0, 1, 2), {0});
    Value x = c.reshape(op.getInput(), heads);
    Value turned = c.slice(x, 3, 0, dims);
    bool isInterleaved = op.getStyle() == RotaryStyle::interleaved;
    // The pairs along a dimension of their own: [..., 2, dims / 2], or
    // [..., dims / 2, 2].
    Shape pairs(heads.begin(), heads.end() - 1);
    pairs.append({isInterleaved ? dims / 2 : 2, isInterleaved ? 2 : dims / 2});
    int64_t axis = isInterleaved ? 4 : 3;
    Value both = c.reshape(turned, pairs);
    Value a = c.squeeze(c.slice(both, axis, 0, 1), {axis});
    Value b = c.squeeze(c.slice(both, axis, 1, 2), {axis});
    Value first = c.sub(c.mul(a, cosine), c.mul(b, sine));
    Value second = c.add(c.mul(b, cosine), c.mul(a, sine));
    Value joined = c.concat(
        {c.unsqueeze(first, {axis}), c.unsqueeze(second, {axis})}, axis);
    heads.back() = dims;
    Value y = c.reshape(joined, heads);
    if (dims < width)
      y = c.concat({y, c.slice(x, 3, dims, width)}, 3);
    return {c.reshape(y, shape)};
  }
};

} // namespace

void lathe::populateSequenceDecompositions(RewritePatternSet &patterns) {
  patterns.add<AttentionDecomposition, RotaryDecomposition>(
      patterns.getContext());
}
