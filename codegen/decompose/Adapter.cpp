//===- Adapter.cpp - Adapters in smaller ops ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Decomposition.h"
#include "dialect/KroneckerForms.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// What the phase lean has made no choice for is one matrix, computed of
/// weights alone and so done when compiling.
struct KroneckerAdapterDecomposition : Decomposition<KroneckerAdapterOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(KroneckerAdapterOp op,
                               Composer &c) const override {
    return {writeKroneckerForm(op, KroneckerForm::merged, c)};
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
