//===- Detection.cpp - Query-based detection as smaller ops ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Detection.h"
#include "codegen/Decomposition.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

struct OverlapBiasDecomposition : Decomposition<OverlapBiasOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(OverlapBiasOp op, Composer &c) const override {
    Value overlap = BoxOverlapOp::create(
        c, op.getBoxes(), op.getBoxes(),
        OverlapKindAttr::get(c.getContext(), OverlapKind::iof),
        c.getF64FloatAttr(0));
    Value logarithm =
        c.unary(UnaryKind::log, c.add(overlap, op.getEps().convertToDouble()));
    int64_t rank = getShape(op.getBoxes()).size();
    Value tau = c.unsqueeze(op.getIofTau(), {1, 2});
    return {c.mul(tau, c.unsqueeze(logarithm, {rank - 2}))};
  }
};

} // namespace

void lathe::populateDetectionDecompositions(RewritePatternSet &patterns) {
  patterns.add<OverlapBiasDecomposition>(patterns.getContext());
}
