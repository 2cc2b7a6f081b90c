//===- GenerateNests.cpp - Writes loops and vector code for nests ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestEmitter.h"
#include "codegen/Passes.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_GENERATENESTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
struct GenerateNestsPass : lathe::impl::GenerateNestsBase<GenerateNestsPass> {
  using GenerateNestsBase::GenerateNestsBase;

  void runOnOperation() override {
    SmallVector<NestOp> nests;
    getOperation().walk([&](NestOp nest) { nests.push_back(nest); });
    IRRewriter rewriter(&getContext());
    VectorTarget target = {vectorBytes, registers, masks, secondCacheBytes};
    for (NestOp nest : nests) {
      nest = normaliseNest(rewriter, nest);
      if (!vectorise) {
        generate(rewriter, nest, NestPlan());
        continue;
      }
      SmallVector<NestOp> parts =
          splitReduction(rewriter, nest, planNest(nest, target), target);
      split += parts.size() - 1;
      for (NestOp part : parts)
        generate(rewriter, part, planNest(part, target));
    }
  }

private:
  void generate(IRRewriter &rewriter, NestOp nest, NestPlan plan) {
    plan.leastThreadWork = leastThreadWork;
    rewriter.setInsertionPoint(nest);
    bool shared = NestEmitter(nest, plan, parallel, rewriter).emit();
    ++(plan.kind == NestPlan::Kind::scalar ? scalar : vectorised);
    parallelised += shared;
    rewriter.eraseOp(nest);
  }
};
} // namespace
