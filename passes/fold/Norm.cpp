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
    double eps = op.getEps().convertToDouble();
    if (isLast(spread, op.getInput())) {
      double ratio = double(spread.size) / spread.places.size();
      weight = c.mul(c.keep(weight, 0, spread.places), std::sqrt(ratio));
      eps *= ratio;
    }
    Value y = RmsNormOp::create(c, x, weight, c.getF64FloatAttr(eps));
    return SmallVector<Value>{
        c.spread(y, spread.axis, spread.places, spread.size)};
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
               RaisePositions<RmsNormOp>, RaisePositions<LayerNormOp>,
               RaiseAboveGroupNorm>(patterns.getContext());
}
