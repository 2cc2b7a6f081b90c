//===- SinkTransposes.cpp - Moves transposes down until they cancel -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_SINKTRANSPOSES
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// A transpose of `value`; its init takes the sizes it needs from `value`.
static Value transpose(OpBuilder &b, Location location, Value value,
                       ArrayRef<int64_t> permutation) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, location, value);
  Value init =
      tensor::EmptyOp::create(b, location, applyPermutation(sizes, permutation),
                              getElementTypeOrSelf(value));
  return linalg::TransposeOp::create(b, location, value, init, permutation)
      .getResult()[0];
}

/// The map by which an op that reads transpose(x) through `map` reads x.
static AffineMap throughTranspose(AffineMap map,
                                  ArrayRef<int64_t> permutation) {
  // Dimension i of the transposed value is dimension permutation[i] of x.
  SmallVector<AffineExpr> results(map.getNumResults());
  for (auto [i, from] : llvm::enumerate(permutation))
    results[from] = map.getResult(i);
  return AffineMap::get(map.getNumDims(), 0, results, map.getContext());
}

namespace {
/// transpose(transpose(x)) is one transpose, or none.
struct Cancel : OpRewritePattern<linalg::TransposeOp> {
  Cancel(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    if (isIdentityPermutation(op.getPermutation())) {
      rewriter.replaceOp(op, op.getInput());
      return success();
    }
    auto inner = op.getInput().getDefiningOp<linalg::TransposeOp>();
    if (!inner)
      return failure();
    SmallVector<int64_t> combined =
        applyPermutation(inner.getPermutation(), op.getPermutation());
    ++count;
    if (isIdentityPermutation(combined))
      rewriter.replaceOp(op, inner.getInput());
    else
      rewriter.replaceOp(
          op, transpose(rewriter, op.getLoc(), inner.getInput(), combined));
    return success();
  }

  Pass::Statistic &count;
};

/// An op that reads a transpose reads its input, by another map.
struct Absorb : OpRewritePattern<linalg::GenericOp> {
  Absorb(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    // Products keep their layout: what they read was transposed for them.
    bool isProduct = op.getNumReductionLoops() > 0 && op.getNumDpsInputs() > 1;
    if (isProduct || op.hasIndexSemantics())
      return failure();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    for (OpOperand *input : op.getDpsInputOperands()) {
      auto source = input->get().getDefiningOp<linalg::TransposeOp>();
      AffineMap map = op.getMatchingIndexingMap(input);
      if (!source || !map.isProjectedPermutation())
        continue;
      bool elementwise = op.getNumReductionLoops() == 0;
      if (elementwise && !isIdentityOutput(op))
        continue;
      // An operand in the result's own order takes the result along; any other
      // is read in the order that the op already computes in.
      bool takesResult = elementwise && map.isIdentity();
      rewriter.modifyOpInPlace(op, [&] {
        input->set(source.getInput());
        maps[input->getOperandNumber()] =
            throughTranspose(map, source.getPermutation());
        op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      });
      ++count;
      if (takesResult)
        moveBelow(op, source.getPermutation(), rewriter);
      return success();
    }
    return failure();
  }

private:
  static bool isIdentityOutput(linalg::GenericOp op) {
    return op.getNumResults() == 1 &&
           op.getIndexingMapsArray().back().isIdentity();
  }

  /// Computes an elementwise op in the layout from before the transpose and
  /// transposes its result.
  void moveBelow(linalg::GenericOp op, ArrayRef<int64_t> permutation,
                 PatternRewriter &rewriter) const {
    // Loop i of the op becomes loop permutation[i].
    SmallVector<AffineExpr> renumbered;
    for (int64_t to : permutation)
      renumbered.push_back(rewriter.getAffineDimExpr(to));
    SmallVector<AffineMap> maps;
    for (AffineMap map : op.getIndexingMapsArray())
      maps.push_back(
          map.replaceDimsAndSymbols(renumbered, {}, map.getNumDims(), 0));
    SmallVector<int64_t> inverse = invertPermutationVector(permutation);
    maps.back() = rewriter.getMultiDimIdentityMap(permutation.size());
    Location location = op.getLoc();
    Value oldInit = op.getDpsInits()[0];
    rewriter.setInsertionPoint(op);
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, location, oldInit);
    Value init = tensor::EmptyOp::create(rewriter, location,
                                         applyPermutation(sizes, inverse),
                                         getElementTypeOrSelf(oldInit));
    auto moved = linalg::GenericOp::create(rewriter, location, init.getType(),
                                           op.getDpsInputs(), init, maps,
                                           op.getIteratorTypesArray());
    rewriter.inlineRegionBefore(op.getRegion(), moved.getRegion(),
                                moved.getRegion().begin());
    rewriter.replaceOp(
        op, transpose(rewriter, location, moved.getResult(0), permutation));
  }

  Pass::Statistic &count;
};

/// A concatenation of transposes alike is a transpose of one.
struct Concatenate : OpRewritePattern<tensor::InsertSliceOp> {
  Concatenate(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(tensor::InsertSliceOp last,
                                PatternRewriter &rewriter) const override {
    auto source = last.getSource().getDefiningOp<linalg::TransposeOp>();
    SmallVector<tensor::InsertSliceOp> parts;
    Value base = last;
    while (auto part = base.getDefiningOp<tensor::InsertSliceOp>()) {
      bool joinsMore = part != last && !base.hasOneUse();
      if (!source || joinsMore || !isAlike(part, source))
        return failure();
      parts.push_back(part);
      base = part.getDest();
    }
    auto empty = base.getDefiningOp<tensor::EmptyOp>();
    bool isLast = llvm::none_of(last->getUsers(), [&](Operation *user) {
      auto next = dyn_cast<tensor::InsertSliceOp>(user);
      return next && next.getDest() == last.getResult();
    });
    if (!empty || !isLast)
      return failure();
    ArrayRef<int64_t> permutation = source.getPermutation();
    SmallVector<int64_t> inverse = invertPermutationVector(permutation);
    Value joined = tensor::EmptyOp::create(
        rewriter, last.getLoc(),
        applyPermutation(empty.getMixedSizes(), inverse),
        empty.getType().getElementType());
    for (tensor::InsertSliceOp part : llvm::reverse(parts)) {
      auto transposed = part.getSource().getDefiningOp<linalg::TransposeOp>();
      joined = tensor::InsertSliceOp::create(
          rewriter, part.getLoc(), transposed.getInput(), joined,
          applyPermutation(part.getMixedOffsets(), inverse),
          applyPermutation(part.getMixedSizes(), inverse),
          applyPermutation(part.getMixedStrides(), inverse));
      ++count;
    }
    rewriter.replaceOp(last,
                       transpose(rewriter, last.getLoc(), joined, permutation));
    return success();
  }

private:
  static bool isAlike(tensor::InsertSliceOp part, linalg::TransposeOp as) {
    auto source = part.getSource().getDefiningOp<linalg::TransposeOp>();
    return source && source.getPermutation() == as.getPermutation() &&
           part.getSourceType().getRank() == part.getDestType().getRank();
  }

  Pass::Statistic &count;
};

struct SinkTransposesPass
    : lathe::impl::SinkTransposesBase<SinkTransposesPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<Cancel>(&getContext(), cancelled);
    patterns.add<Absorb, Concatenate>(&getContext(), sunk);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
