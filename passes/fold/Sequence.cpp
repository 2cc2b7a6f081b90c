//===- Sequence.cpp - Pruned heads, and features of experts ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sequence.h"
#include "dialect/Routing.h"
#include "passes/fold/Folding.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

/// The heads of which any feature is in `places`.
Places touchedHeads(ArrayRef<int64_t> places, int64_t features) {
  Places heads;
  for (int64_t place : places)
    if (heads.empty() || heads.back() != place / features)
      heads.push_back(place / features);
  return heads;
}

/// Whole heads turn by themselves.
struct SinkIntoRotary : Sinking<RotaryOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(RotaryOp op, OpOperand &, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    if (spread.fill || spread.axis != 2 ||
        !narrowPlaces(spread.places, op.getHeadDim()))
      return failure();
    return SmallVector<Value>{c.spread(recreate(c, op, x)->getResult(0), 2,
                                       spread.places, spread.size)};
  }
};

struct RaiseAboveRotary : Rising<RotaryOp> {
  using Rising::Rising;

  FailureOr<Value> raise(RotaryOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis != 2 || !narrowPlaces(keep.places, op.getHeadDim()))
      return failure();
    return recreate(c, op, c.keep(op.getInput(), 2, keep.places))->getResult(0);
  }
};

/// The attention of some heads and of the groups of keys and values that these
/// have.
Value keepHeads(AttentionOp op, const EqualGroups &kept, Composer &c) {
  auto keep = [&](Value x, int64_t count, ArrayRef<int64_t> places) {
    int64_t features = *getDim(x, 2).getConstant() / count;
    return c.keep(x, 2, widenPlaces(places, features));
  };
  SmallVector<Value> operands = {
      keep(op.getQuery(), op.getHeads(), kept.places),
      keep(op.getKey(), op.getKvHeads(), kept.groups),
      keep(op.getValue(), op.getKvHeads(), kept.groups)};
  if (Value bias = op.getBias())
    operands.push_back(
        getDim(bias, 1).isConstant(1) ? bias : c.keep(bias, 1, kept.places));
  return recreate(c, op, operands,
                  [&](Operation *copy) {
                    auto attention = cast<AttentionOp>(copy);
                    attention.setHeads(kept.places.size());
                    attention.setKvHeads(kept.groups.size());
                  })
      ->getResult(0);
}

/// Heads that nobody reads aren't computed, nor are groups of keys and values
/// without a head. Each group keeps as many heads as the fullest.
struct RaiseAboveAttention : Rising<AttentionOp> {
  using Rising::Rising;

  FailureOr<Value> raise(AttentionOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis != 2)
      return failure();
    int64_t heads = op.getHeads(), features = keep.size / heads;
    EqualGroups kept = equaliseGroups(touchedHeads(keep.places, features),
                                      heads, op.getKvHeads());
    if (int64_t(kept.places.size()) == heads)
      return failure();
    Places computed = widenPlaces(kept.places, features);
    return c.keep(keepHeads(op, kept, c), 2, findPlaces(keep.places, computed));
  }
};

/// What a group without values gives is zeros.
struct SinkIntoAttention : Sinking<AttentionOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(AttentionOp op, OpOperand &operand, Value,
                                     const Pruned &spread,
                                     Composer &c) const override {
    if (operand.get() != op.getValue() || spread.fill || spread.axis != 2)
      return failure();
    int64_t groups = op.getKvHeads(), each = op.getHeads() / groups,
            features = spread.size / groups;
    EqualGroups kept{touchedHeads(spread.places, features), {}, each};
    if (int64_t(kept.groups.size()) == groups)
      return failure();
    kept.places = widenPlaces(kept.groups, each);
    return SmallVector<Value>{c.spread(keepHeads(op, kept, c), 2,
                                       widenPlaces(kept.places, features),
                                       op.getHeads() * features)};
  }
};

//===----------------------------------------------------------------------===//
// Experts
//===----------------------------------------------------------------------===//

bool isLast(const Pruned &pruned, Value tensor) {
  return pruned.axis + 1 == int64_t(getShape(tensor).size());
}

/// The gates' columns that meet no zeros.
struct SinkIntoRouter : OpRewritePattern<NullExpertRouterOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(NullExpertRouterOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<SpreadOp>();
    if (!inner || inner.getFill() || !isLast(Pruned(inner), op.getInput()))
      return failure();
    Composer c(op.getLoc(), rewriter);
    SmallVector<Value> operands = op->getOperands();
    operands[0] = inner.getInput();
    for (Value &gate : MutableArrayRef(operands).drop_front())
      gate = c.keep(gate, 1, inner.getPlaces());
    rewriter.replaceOp(op, recreate(c, op, operands));
    return success();
  }
};

/// Experts give as many features as they take: they are pruned where both
/// sides are, to the features that either needs.
struct PruneExperts : Rising<ExpertsOp> {
  using Rising::Rising;

  FailureOr<Value> raise(ExpertsOp op, OpResult result, const Pruned &keep,
                         Composer &c) const override {
    auto inner = op.getInput().getDefiningOp<SpreadOp>();
    if (!isLast(keep, result) || !inner || inner.getFill() ||
        !isLast(Pruned(inner), op.getInput()))
      return failure();
    Places places = unitePlaces(keep.places, inner.getPlaces());
    if (int64_t(places.size()) == keep.size)
      return failure();
    SmallVector<Value> operands = {c.keep(op.getInput(), keep.axis, places),
                                   op.getWeights(), op.getPicks()};
    for (Value w : op.getW1())
      operands.push_back(c.keep(w, 1, places));
    for (Value w : op.getW2())
      operands.push_back(c.keep(w, 0, places));
    for (Value w : op.getW3())
      operands.push_back(c.keep(w, 1, places));
    Value y = recreate(c, op, operands)->getResult(0);
    return c.keep(y, keep.axis, findPlaces(keep.places, places));
  }
};

} // namespace

void lathe::populateSequenceFolds(RewritePatternSet &patterns) {
  patterns.add<SinkIntoRotary, RaiseAboveRotary, RaiseAboveAttention,
               SinkIntoAttention, SinkIntoRouter, PruneExperts>(
      patterns.getContext());
}
