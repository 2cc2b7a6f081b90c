//===- GenerateNests.cpp - Writes loops and vector code for nests ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestMatrices.h"
#include "codegen/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
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
    VectorTarget target = {vectorBytes,      registers,   masks,
                           secondCacheBytes, multipliers, bf16Matrices};
    for (NestOp nest : nests) {
      nest = normaliseNest(rewriter, nest);
      if (!vectorise) {
        generate(rewriter, nest, NestPlan());
        continue;
      }
      if (auto plan = planMatrices(nest, target))
        nest = generateMatrices(rewriter, nest, *plan, target);
      if (nest)
        generateVectors(rewriter, nest, target);
    }
  }

private:
  /// Whether threads may share the nest: those of a task belong to one.
  bool isShared(NestOp nest) {
    return parallel && !nest->getParentOfType<ParallelOp>();
  }

  /// Writes the nest by matrices. Returns what is left for vectors: where it
  /// turns out to be too small, if it may, or nothing.
  NestOp generateMatrices(IRRewriter &rewriter, NestOp nest,
                          const MatrixPlan &plan, const VectorTarget &target) {
    rewriter.setInsertionPoint(nest);
    Value isFaster = MatrixNestEmitter(nest, plan, target, rewriter).isFaster();
    if (isConstantIntValue(isFaster, 0))
      return nest;
    ++multiplied;
    if (isConstantIntValue(isFaster, 1)) {
      MatrixNestEmitter(nest, plan, target, rewriter)
          .emit(isShared(nest), leastThreadWork);
      rewriter.eraseOp(nest);
      return {};
    }
    auto choice = scf::IfOp::create(rewriter, nest.getLoc(), isFaster,
                                    /*withElseRegion=*/true);
    rewriter.setInsertionPointToStart(choice.thenBlock());
    MatrixNestEmitter(nest, plan, target, rewriter)
        .emit(parallel, leastThreadWork);
    rewriter.moveOpBefore(nest, choice.elseBlock()->getTerminator());
    return nest;
  }

  void generateVectors(IRRewriter &rewriter, NestOp nest,
                       const VectorTarget &target) {
    SmallVector<NestOp> parts =
        splitReduction(rewriter, nest, planNest(nest, target), target);
    split += parts.size() - 1;
    for (NestOp part : parts)
      generate(rewriter, part, planNest(part, target));
  }

  void generate(IRRewriter &rewriter, NestOp nest, NestPlan plan) {
    plan.leastThreadWork = leastThreadWork;
    rewriter.setInsertionPoint(nest);
    bool shared = NestEmitter(nest, plan, isShared(nest), rewriter).emit();
    ++(plan.kind == NestPlan::Kind::scalar ? scalar : vectorised);
    parallelised += shared;
    rewriter.eraseOp(nest);
  }
};
} // namespace
