//===- Adapter.cpp - Adapters in smaller ops ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Adapter.h"
#include "codegen/Decomposition.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// The matrix is computation on weights alone, and so done when compiling.
struct KroneckerAdapterDecomposition : Decomposition<KroneckerAdapterOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(KroneckerAdapterOp op,
                               Composer &c) const override {
    Value rule = op.getPhmRule()
                     ? op.getPhmRule()
                     : c.matmul(op.getPhmRuleLeft(), op.getPhmRuleRight());
    Value terms =
        op.getW() ? op.getW() : c.matmul(op.getWLeft(), op.getWRight());
    Shape a = getShape(rule), b = getShape(terms);
    // H[(a c), (p q)] = Σ_i A_i[a, p] B_i[c, q], then its transpose.
    Value h = c.matmul(c.reshape(rule, {a[0], a[1] * a[2]}),
                       c.reshape(terms, {b[0], b[1] * b[2]}), true, false);
    h = c.reshape(h, {a[1], a[2], b[1], b[2]});
    h = c.transpose(h, {1, 3, 0, 2});
    h = c.reshape(h, {a[2] * b[2], a[1] * b[1]});
    return {c.linear(op.getInput(), h, op.getB())};
  }
};

struct ChannelReprogramDecomposition : Decomposition<ChannelReprogramOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(ChannelReprogramOp op,
                               Composer &c) const override {
    Value x = op.getInput();
    int64_t margin = *getDim(op.getWeight(), -1).getConstant() / 2;
    Value y = c.conv2d(x, op.getWeight(), /*bias=*/{}, /*stride=*/1,
                       {margin, margin, margin, margin}, PaddingMode::zeros,
                       *getDim(x, 1).getConstant());
    if (op.getA())
      y = c.add(x, c.mul(y, op.getA()));
    return {y};
  }
};

} // namespace

void lathe::populateAdapterDecompositions(RewritePatternSet &patterns) {
  patterns.add<KroneckerAdapterDecomposition, ChannelReprogramDecomposition>(
      patterns.getContext());
}
