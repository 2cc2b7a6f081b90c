//===- FoldNorms.cpp - Maps of channels into the weights beside them ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// passes/norms/ has what maps of channels there are and where they go.
//
// Runs behind lathe-quantize: a matrix is stored in fewer bits as the
// checkpoint has it, so that the reference lowering rounds the same numbers,
// and what is stored so is no `linear` any more.
//
//===----------------------------------------------------------------------===//

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Passes.h"
#include "passes/norms/ChannelMap.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FOLDNORMS
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {
struct FoldNormsPass : lathe::impl::FoldNormsBase<FoldNormsPass> {
  void runOnOperation() override {
    WeightReaders readers(getOperation());
    NormFolding folding{readers};
    RewritePatternSet patterns(&getContext());
    populateLayerPatterns(patterns, folding);
    populateNormPatterns(patterns, folding);
    // Every step leaves one map less, so that there is an end. Ops without
    // effect are lathe-erase-dead's.
    GreedyRewriteConfig config;
    config.enableFolding(false);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    absorbed += folding.absorbed;
    norms += folding.norms;
    settled += folding.settled;
  }
};
} // namespace
