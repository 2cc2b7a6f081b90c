//===- Slim.cpp - Slimmable layers in smaller ops -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Slim.h"
#include "codegen/Decomposition.h"
#include "dialect/Checks.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

struct SlimDecomposition : Decomposition<SlimOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(SlimOp op, Composer &c) const override {
    Shape weight = getShape(op.getWeight());
    DimExpr used = *readSize(op.getUsed()[0]);
    DimExpr inputs = getDim(op.getInput(), 1);
    Value filters =
        c.leading(op.getWeight(), {used, inputs, weight[2], weight[3]});
    Value bias = op.getBias() ? c.leading(op.getBias(), {used}) : Value();
    Value y =
        Conv2dOp::create(c, op.getInput(), filters, bias, op.getStrideAttr(),
                         op.getDilationAttr(), op.getPaddingAttr(),
                         op.getPaddingModeAttr(), c.getI64IntegerAttr(1));
    if (op.getNormWeight().empty())
      return {y};
    Norms norms = foldNorms(op, c);
    auto chosen = [&](Value stack) {
      Value whole = op.getWidth()
                        ? Value(ChooseOp::create(c, op.getWidth(), stack, true))
                        : c.squeeze(stack, {0});
      return c.reshape(c.leading(whole, {used}), {1, used, 1, 1});
    };
    return {c.add(c.mul(y, chosen(norms.scales)), chosen(norms.shifts))};
  }

private:
  /// Each batch norm as y = scale x + shift, [norms, the most channels].
  struct Norms {
    Value scales, shifts;
  };

  /// Weights only, and so done when compiling: a run reads two rows.
  static Norms foldNorms(SlimOp op, Composer &c) {
    int64_t most = 0;
    for (Value weight : op.getNormWeight())
      most = std::max(most, *getDim(weight, 0).getConstant());
    SmallVector<Value> scales, shifts;
    double eps = op.getEps().convertToDouble();
    for (auto [weight, bias, mean, variance] :
         llvm::zip_equal(op.getNormWeight(), op.getNormBias(),
                         op.getRunningMean(), op.getRunningVar())) {
      Value scale =
          c.div(weight, c.unary(UnaryKind::sqrt, c.add(variance, eps)));
      Value shift = c.sub(bias, c.mul(mean, scale));
      for (auto [vector, rows] : {std::pair(scale, &scales), {shift, &shifts}})
        rows->push_back(c.reshape(c.padEnd(vector, most), {1, most}));
    }
    return {c.concat(scales, 0), c.concat(shifts, 0)};
  }
};

} // namespace

void lathe::populateSlimDecompositions(RewritePatternSet &patterns) {
  patterns.add<SlimDecomposition>(patterns.getContext());
}
