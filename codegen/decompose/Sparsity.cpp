//===- Sparsity.cpp - Pruning masks in smaller ops ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sparsity.h"
#include "codegen/Decomposition.h"
#include "dialect/Checks.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// b(m): 1 where the mask is positive, else 0.
Value hardMask(Composer &c, Value mask) {
  return c.convert(c.compare(CompareKind::gt, mask, 0.0),
                   getElementTypeOrSelf(mask));
}

/// The soft mask of step t of S: 1 / (1 + exp(min(−τ m, 10))) + β.
Value softMask(Composer &c, Value mask, double t, double s) {
  // From four fifths on, the temperature stays.
  double sharpening = std::min(std::max(1.0, t), 0.8 * s);
  double tau = 1 / (1 - std::log(sharpening) / std::log(s) + 1e-6);
  double beta = std::max(0.5 - t / s, 0.0);
  Value exponent = c.binary(BinaryKind::min, c.mul(mask, -tau), 10.0);
  Value sum = c.add(c.unary(UnaryKind::exp, exponent), 1.0);
  return c.add(c.unary(UnaryKind::reciprocal, sum), beta);
}

struct ChannelMaskDecomposition : Decomposition<ChannelMaskOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(ChannelMaskOp op, Composer &) const override {
    return {op.getMask()};
  }
};

struct HybridSparseMaskDecomposition : Decomposition<HybridSparseMaskOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(HybridSparseMaskOp op,
                               Composer &c) const override {
    Value mask = op.getTheMask();
    Value gate = op.getStep() ? softMask(c, mask, *op.getStep(), *op.getSteps())
                              : hardMask(c, mask);
    // Aligned with the channels: [D], [D, 1, 1], …
    Shape input = getShape(op.getInput());
    int64_t axis = fromFront(op.getAxis(), input.size());
    Shape shape(input.size() - axis, 1);
    shape.front() = input[axis];
    gate = c.reshape(gate, shape);
    if (op.getScale())
      gate = c.mul(gate, c.reshape(op.getScale(), shape));
    Value x = op.getInput();
    if (op.getV())
      x = c.add(x, c.linear(c.linear(x, op.getV()), op.getU()));
    return {c.mul(x, gate)};
  }
};

struct MaskLossDecomposition : Decomposition<MaskLossOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(MaskLossOp op, Composer &c) const override {
    Value mask =
        c.reshape(op.getMask(), {getElementCount(getShape(op.getMask()))});
    Value kept = hardMask(c, mask);
    double target = op.getTarget();
    auto sum = [&](Value x) { return c.reduce(ReduceKind::sum, x, {0}, true); };
    Value count = sum(kept);
    Value loss =
        c.mul(c.unary(UnaryKind::abs, c.add(count, -target)), 10 / target);
    // The mean squared distance of some elements from a centre.
    auto spread = [&](Value members, Value number, double centre) {
      Value distance = c.unary(UnaryKind::square, c.add(mask, -centre));
      Value total = sum(c.mul(members, distance));
      return c.div(total, c.binary(BinaryKind::max, number, 1.0));
    };
    double size = *getDim(mask, 0).getConstant();
    Value dropped = c.add(c.mul(kept, -1.0), 1.0);
    Value droppedCount = c.add(c.mul(count, -1.0), size);
    loss = c.add(loss, spread(kept, count, 0.5));
    return {c.add(loss, spread(dropped, droppedCount, -0.5))};
  }
};

} // namespace

void lathe::populateSparsityDecompositions(RewritePatternSet &patterns) {
  patterns.add<ChannelMaskDecomposition, HybridSparseMaskDecomposition,
               MaskLossDecomposition>(patterns.getContext());
}
