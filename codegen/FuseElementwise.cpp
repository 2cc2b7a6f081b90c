//===- FuseElementwise.cpp - Merges chains of elementwise ops -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where weights are prepared, chains go on through the reshape and the
// transpose that lay a weight in panels.
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/lower/Stored.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// Whether an elementwise op could be applied to the sums of a reduction, or of
/// a product behind a reshape of its rows.
static bool isEpilogue(linalg::GenericOp op) {
  return llvm::any_of(op.getDpsInputs(), [](Value input) {
    auto reshape = input.getDefiningOp<tensor::ExpandShapeOp>();
    Value source = reshape ? reshape.getSrc() : input;
    if (source.getDefiningOp<kernel::FinishOpInterface>())
      return true;
    auto before = input.getDefiningOp<linalg::GenericOp>();
    return before && before.getNumReductionLoops() > 0;
  });
}

/// Whether fusing the producer of `operand` computes each element once: the
/// consumer reads it through a permutation of all its loops, alone. A reduction
/// does not take what is worth more as the epilogue of another.
static bool computesNothingTwice(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  return consumer && producer && operand->get().hasOneUse() &&
         producer.getNumReductionLoops() == 0 &&
         consumer.getMatchingIndexingMap(operand).isPermutation() &&
         (consumer.getNumReductionLoops() == 0 || !isEpilogue(producer));
}

static bool isDecoding(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->hasAttr(decodesAttrName);
}

/// Gives each op that reads a decoding one of its own.
static void cloneDecodings(func::FuncOp function) {
  SmallVector<linalg::GenericOp> decodings;
  function.walk([&](linalg::GenericOp op) {
    if (isDecoding(op->getResult(0)))
      decodings.push_back(op);
  });
  for (linalg::GenericOp op : decodings) {
    Value decoded = op->getResult(0);
    while (!decoded.use_empty() && !decoded.hasOneUse()) {
      OpBuilder b(op);
      decoded.use_begin()->set(b.clone(*op)->getResult(0));
    }
  }
}

namespace {
struct FuseElementwisePass
    : lathe::impl::FuseElementwiseBase<FuseElementwisePass> {
  void runOnOperation() override {
    cloneDecodings(getOperation());
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(
        patterns, [](OpOperand *operand) {
          return isDecoding(operand->get()) || computesNothingTwice(operand);
        });
    // What is computed of a weight and then packed is computed as it is packed:
    // between the two there would be a copy of the whole weight.
    if (getOperation()->hasAttr("lathe.prepares")) {
      linalg::populateFoldReshapeOpsByExpansionPatterns(patterns,
                                                        isComputedBefore);
      generalizeTransposes();
    }
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }

private:
  void generalizeTransposes() {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](linalg::TransposeOp op) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    });
  }

  /// Whether a reshape alone reads an elementwise op's result.
  static bool isComputedBefore(OpOperand *operand) {
    auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
    return isa<tensor::ExpandShapeOp>(operand->getOwner()) && producer &&
           producer.getNumReductionLoops() == 0 && operand->get().hasOneUse();
  }
};
} // namespace
