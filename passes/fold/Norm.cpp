//===- Norm.cpp - Pruned channels of norms --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/fold/Folding.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

namespace {

bool isLast(const Pruned &pruned, Value tensor) {
  return pruned.axis + 1 == int64_t(getShape(tensor).size());
}

/// A batch norm is an affine map a channel: what is no zero before is none
/// after, but it is known.
struct SinkIntoBatchNorm : Sinking<BatchNormOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(BatchNormOp op, OpOperand &operand,
                                     Value x, const Pruned &spread,
                                     Composer &c) const override {
    if (operand.getOperandNumber() != 0)
      return failure();
    if (spread.axis != 1) {
      // Zeros in other places than channels become the shift.
      return failure();
    }
    // A row of the op's input: [1, channels].
    Value fill = spread.fill ? spread.fill : c.mul(op.getRunningMean(), 0.0);
    SmallVector<Value> operands = op.getOperands();
    operands[0] = c.unsqueeze(fill, {0});
    fill = c.squeeze(recreate(c, op, operands)->getResult(0), {0});
    operands[0] = x;
    for (Value &parameter : MutableArrayRef(operands).drop_front())
      parameter = c.keep(parameter, 0, spread.places);
    Value y = recreate(c, op, operands)->getResult(0);
    return SmallVector<Value>{c.spread(y, 1, spread.places, spread.size, fill)};
  }
};

struct RaiseAboveBatchNorm : Rising<BatchNormOp> {
  using Rising::Rising;

  FailureOr<Value> raise(BatchNormOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    SmallVector<Value> operands = op.getOperands();
    operands[0] = c.keep(operands[0], keep.axis, keep.places);
    if (keep.axis == 1)
      for (Value &parameter : MutableArrayRef(operands).drop_front())
        parameter = c.keep(parameter, 0, keep.places);
    return recreate(c, op, operands)->getResult(0);
  }
};

/// The mean square over d of D channels, the others being zero, is D/d times
/// that over all: γ √(D/d) x / √(mean_d(x²) + eps D/d) is γ x / √(mean(x²) +
/// eps).
struct SinkIntoRmsNorm : Sinking<RmsNormOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(RmsNormOp op, OpOperand &operand, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    if (operand.getOperandNumber() != 0 || spread.fill)
      return failure();
    Value weight = op.getWeight();
    double ratio = 1;
    if (isLast(spread, op.getInput())) {
      ratio = double(spread.size) / spread.places.size();
      if (weight)
        weight = c.mul(c.keep(weight, 0, spread.places), std::sqrt(ratio));
    }
    double eps = op.getEps().convertToDouble() * ratio;
    Value y = RmsNormOp::create(c, x, weight, c.getF64FloatAttr(eps));
    if (!weight && ratio != 1)
      y = c.mul(y, std::sqrt(ratio));
    return SmallVector<Value>{
        c.spread(y, spread.axis, spread.places, spread.size)};
  }
};

/// Of a layer norm over D channels, of which d are no zeros, all dropped ones
/// hold the same before the affine part, −mean / √(var + eps). One zero stands
/// for them, whose column of the matrices that read the norm is the sum of
/// theirs; `zeros` counts the others. What reads single channels needs them
/// all.
struct SinkIntoLayerNorm : OpRewritePattern<LayerNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LayerNormOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<SpreadOp>();
    if (!inner || inner.getFill() || op.getDims() != 1 || op->use_empty())
      return failure();
    Pruned spread(inner);
    int64_t kept = spread.places.size();
    bool isRead = llvm::all_of(op->getUses(), [](OpOperand &use) {
      return isa<LinearOp>(use.getOwner()) && use.getOperandNumber() == 0;
    });
    if (!isLast(spread, op.getInput()) || kept + 1 >= spread.size || !isRead)
      return failure();
    Composer c(op.getLoc(), rewriter);
    Value weight = op.getWeight(), bias = op.getBias();
    if (weight) {
      weight = appendTo(c.keep(weight, 0, spread.places), 1, c);
      bias = appendTo(c.keep(bias, 0, spread.places), 0, c);
    }
    int64_t zeros = op.getZeros().value_or(0) + spread.size - kept - 1;
    Value y = LayerNormOp::create(
        c, appendTo(inner.getInput(), 0, c), weight, bias, op.getDimsAttr(),
        op.getEpsAttr(), zeros ? c.getI64IntegerAttr(zeros) : IntegerAttr());
    for (Operation *reader : llvm::make_early_inc_range(op->getUsers()))
      sinkInto(cast<LinearOp>(reader), op, spread, y, rewriter);
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// One more place of the last dimension.
  static Value appendTo(Value x, double value, Composer &c) {
    SmallVector<int64_t> low(getShape(x).size(), 0), high = low;
    high.back() = 1;
    return PadOp::create(
        c, x, c.getDenseI64ArrayAttr(low), c.getDenseI64ArrayAttr(high),
        PaddingModeAttr::get(c.getContext(), PaddingMode::zeros),
        c.getF64FloatAttr(value));
  }

  static void sinkInto(LinearOp reader, LayerNormOp op, const Pruned &spread,
                       Value y, PatternRewriter &rewriter) {
    rewriter.setInsertionPoint(reader);
    Composer c(reader.getLoc(), rewriter);
    Value all = reader.getWeight(), bias = reader.getBias();
    Places places = dropPlaces(spread.places, spread.size);
    Value dropped = c.keep(all, 1, places), column;
    if (op.getWeight()) {
      auto row = [&](Value v) {
        return c.unsqueeze(c.keep(v, 0, places), {0});
      };
      column = c.transpose(c.linear(row(op.getWeight()), dropped), {1, 0});
      bias = c.squeeze(c.linear(row(op.getBias()), dropped, bias), {0});
    } else {
      column = c.reduce(ReduceKind::sum, dropped, {1}, /*keepDims=*/true);
    }
    Value weight = c.concat({c.keep(all, 1, spread.places), column}, 1);
    rewriter.replaceOp(reader, c.linear(y, weight, bias));
  }
};

/// A group of zeros becomes the shift; with any other channel, its zeros hold
/// what the statistics make of them.
struct SinkIntoGroupNorm : Sinking<GroupNormOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(GroupNormOp op, OpOperand &operand,
                                     Value x, const Pruned &spread,
                                     Composer &c) const override {
    int64_t length = spread.size / int64_t(op.getGroups());
    // Without eps, zeros have no scale.
    if (operand.getOperandNumber() != 0 || spread.axis != 1 || spread.fill ||
        op.getEps().isZero())
      return failure();
    Places touched;
    for (int64_t place : spread.places)
      if (touched.empty() || touched.back() != place / length)
        touched.push_back(place / length);
    if (touched.size() == op.getGroups())
      return failure();
    Places channels = widenPlaces(touched, length);
    SmallVector<Value> operands = op.getOperands();
    operands[0] =
        c.spread(x, 1, findPlaces(spread.places, channels), channels.size());
    for (Value &parameter : MutableArrayRef(operands).drop_front())
      parameter = c.keep(parameter, 0, channels);
    Value y = recreate(c, op, operands, [&](Operation *copy) {
                cast<GroupNormOp>(copy).setGroups(touched.size());
              })->getResult(0);
    return SmallVector<Value>{
        c.spread(y, 1, channels, spread.size, op.getBias())};
  }
};

/// A norm of single positions computes no more of them than are kept.
template <typename OpTy> struct RaisePositions : Rising<OpTy> {
  using Rising<OpTy>::Rising;

  FailureOr<Value> raise(OpTy op, OpResult result, const Pruned &keep,
                         Composer &c) const override {
    int64_t normalised = 1;
    if constexpr (std::is_same_v<OpTy, LayerNormOp>)
      normalised = op.getDims();
    if (keep.axis + normalised >= int64_t(getShape(result).size()))
      return failure();
    SmallVector<Value> operands = op.getOperands();
    operands[0] = c.keep(operands[0], keep.axis, keep.places);
    return recreate(c, op, operands)->getResult(0);
  }
};

/// Groups that nobody reads are not computed.
struct RaiseAboveGroupNorm : Rising<GroupNormOp> {
  using Rising::Rising;

  FailureOr<Value> raise(GroupNormOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis != 1)
      return failure();
    int64_t length = keep.size / op.getGroups();
    std::optional<Places> groups = narrowPlaces(keep.places, length);
    if (!groups)
      return failure();
    SmallVector<Value> operands = op.getOperands();
    operands[0] = c.keep(operands[0], 1, keep.places);
    for (Value &parameter : MutableArrayRef(operands).drop_front())
      parameter = c.keep(parameter, 0, keep.places);
    return recreate(c, op, operands,
                    [&](Operation *copy) {
                      cast<GroupNormOp>(copy).setGroups(groups->size());
                    })
        ->getResult(0);
  }
};

} // namespace

void lathe::populateNormFolds(RewritePatternSet &patterns) {
  patterns.add<SinkIntoBatchNorm, RaiseAboveBatchNorm, SinkIntoRmsNorm,
               SinkIntoLayerNorm, SinkIntoGroupNorm, RaisePositions<RmsNormOp>,
               RaisePositions<LayerNormOp>, RaiseAboveGroupNorm>(
      patterns.getContext());
}
