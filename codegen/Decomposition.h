//===- Decomposition.h - How an op of a paper becomes smaller ops ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An op that is a composition of others is rewritten into them at the start of
// the phase tensor. A family's decompositions stand in
// codegen/decompose/<Family>.cpp; each is a class derived from
// `Decomposition<OpTy>` with one function that writes the formula with a
// `Composer`. The ops made keep the location of the op, so that profiles and
// messages speak of the step in the spec.
//
// An op that is no composition has a lowering instead (codegen/Lowering.h).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_DECOMPOSITION_H
#define LATHE_CODEGEN_DECOMPOSITION_H

#include "dialect/Composer.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {

/// Base of the decompositions of one op.
template <typename OpTy> struct Decomposition : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  /// The op's results, of the op's own types.
  virtual SmallVector<Value> decompose(OpTy op, Composer &c) const = 0;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Composer composer(op.getLoc(), rewriter);
    SmallVector<Value> values = decompose(op, composer);
    if (ValueRange(values).getTypes() != op->getResultTypes())
      return op.emitOpError("decomposes into ")
             << ValueRange(values).getTypes() << ", wanted "
             << op->getResultTypes();
    rewriter.replaceOp(op, values);
    return success();
  }
};

/// The decompositions of all families.
void populateDecompositions(RewritePatternSet &patterns);

// One function a family.
void populateAdapterDecompositions(RewritePatternSet &patterns);
void populateMultigridDecompositions(RewritePatternSet &patterns);
void populateRoutingDecompositions(RewritePatternSet &patterns);
void populateSequenceDecompositions(RewritePatternSet &patterns);
void populateSparsityDecompositions(RewritePatternSet &patterns);
void populateDetectionDecompositions(RewritePatternSet &patterns);
void populateSlimDecompositions(RewritePatternSet &patterns);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_DECOMPOSITION_H
