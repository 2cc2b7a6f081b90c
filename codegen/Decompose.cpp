//===- Decompose.cpp - Rewrites composed ops into smaller ones ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Decomposition.h"
#include "codegen/Passes.h"
#include "dialect/Fused.h"
#include "dialect/Sequence.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_DECOMPOSE
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {
struct DecomposePass : lathe::impl::DecomposeBase<DecomposePass> {
  using DecomposeBase::DecomposeBase;

  void runOnOperation() override {
    if (wholeRotations)
      getOperation().walk([](RotaryOp op) { markFused(op); });
    RewritePatternSet patterns(&getContext());
    populateDecompositions(patterns);
    // What a decomposition makes may be composed itself. Nothing else is
    // rewritten here: the plain path shows each op as it was written.
    GreedyRewriteConfig config;
    config.enableFolding(false).setRegionSimplificationLevel(
        GreedySimplifyRegionLevel::Disabled);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};
} // namespace
