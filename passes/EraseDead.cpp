//===- EraseDead.cpp - Erases what has no effect on the results -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an op is known to give is said by its `fold` (dialect/Folders.cpp); here
// it is applied until nothing changes.
//
//===----------------------------------------------------------------------===//

#include "dialect/Composer.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_ERASEDEAD
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// A sum, mean, maximum, minimum or product of one element is that element.
struct SqueezeReductions : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> dims = op.getDims();
    if (op.getKeepdims() || llvm::any_of(dims, [&](int64_t dim) {
          return getDim(op.getInput(), dim) != DimExpr(1);
        }))
      return failure();
    Composer c(op.getLoc(), rewriter);
    rewriter.replaceOp(op, c.squeeze(op.getInput(), dims));
    return success();
  }
};

struct EraseDeadPass : lathe::impl::EraseDeadBase<EraseDeadPass> {
  void runOnOperation() override {
    Size before = measure();
    RewritePatternSet patterns(&getContext());
    patterns.add<SqueezeReductions>(&getContext());
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    Size after = measure();
    erased += before.ops - after.ops;
    weightsErased += before.weights - after.weights;
  }

private:
  struct Size {
    size_t ops = 0, weights = 0;
  };

  Size measure() {
    Size size;
    llvm::StringSet<> read;
    getOperation().walk([&](Operation *op) {
      ++size.ops;
      if (auto parameter = dyn_cast<ParameterOp>(op))
        read.insert(parameter.getWeight());
    });
    size.weights = read.size();
    return size;
  }
};
} // namespace
