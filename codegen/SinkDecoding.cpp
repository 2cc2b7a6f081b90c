//===- SinkDecoding.cpp - Moves decoding to what reads the weights --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights in few bits are transposed, reshaped and cut before a product reads
// them. Done to the codes and scales instead, most of that is computation on
// weights alone, and the decoding stands right before the product.
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/lower/Stored.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_SINKDECODING
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// An input of a decoding and, for each dimension of the result, how many
/// neighbours read one of its elements; 0 where all do, the input's size
/// being 1.
struct Part {
  Value value;
  SmallVector<int64_t> shared;

  AffineMap getMap(MLIRContext *context) const {
    SmallVector<AffineExpr> places;
    for (auto [i, count] : llvm::enumerate(shared)) {
      AffineExpr dim = getAffineDimExpr(i, context);
      places.push_back(count == 0   ? getAffineConstantExpr(0, context)
                       : count == 1 ? dim
                                    : dim.floorDiv(count));
    }
    return AffineMap::get(shared.size(), 0, places, context);
  }
};

/// A decoding as `lathe-lower-to-linalg` makes it.
class Decoding {
public:
  /// The decoding whose result `value` is.
  static std::optional<Decoding> of(Value value) {
    auto op = value.getDefiningOp<linalg::GenericOp>();
    if (!op || !op->hasAttr(decodesAttrName))
      return std::nullopt;
    Decoding result;
    result.op = op;
    for (OpOperand *input : op.getDpsInputOperands()) {
      Part &part = result.parts.emplace_back();
      part.value = input->get();
      for (AffineExpr place : op.getMatchingIndexingMap(input).getResults())
        part.shared.push_back(countSharing(place));
    }
    return result;
  }

  unsigned getRank() { return op.getNumLoops(); }
  int64_t getSize(unsigned dim) const {
    return cast<RankedTensorType>(op->getResult(0).getType()).getDimSize(dim);
  }
  bool usesIndexOf(unsigned dim) const {
    WalkResult found = op->walk([&](linalg::IndexOp index) {
      return index.getDim() == dim ? WalkResult::interrupt()
                                   : WalkResult::advance();
    });
    return found.wasInterrupted();
  }

  /// The same of other parts, with dimension `to[d]` in the place of d.
  Value rebuild(OpBuilder &b, Location location, ArrayRef<Part> changed,
                ArrayRef<OpFoldResult> sizes, ArrayRef<unsigned> to) {
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (const Part &part : changed) {
      inputs.push_back(part.value);
      maps.push_back(part.getMap(b.getContext()));
    }
    maps.push_back(b.getMultiDimIdentityMap(sizes.size()));
    SmallVector<utils::IteratorType> iterators(sizes.size(),
                                               utils::IteratorType::parallel);
    Value init = tensor::EmptyOp::create(
        b, location, sizes, getElementTypeOrSelf(op->getResult(0)));
    auto moved = linalg::GenericOp::create(b, location, init.getType(), inputs,
                                           init, maps, iterators);
    IRMapping mapping;
    op.getRegion().cloneInto(&moved.getRegion(), mapping);
    moved->walk(
        [&](linalg::IndexOp index) { index.setDim(to[index.getDim()]); });
    moved->setAttr(decodesAttrName, b.getUnitAttr());
    return moved.getResult(0);
  }

  linalg::GenericOp op;
  SmallVector<Part> parts;

private:
  static int64_t countSharing(AffineExpr place) {
    if (isa<AffineDimExpr>(place))
      return 1;
    if (auto quotient = dyn_cast<AffineBinaryOpExpr>(place))
      return cast<AffineConstantExpr>(quotient.getRHS()).getValue();
    return 0;
  }
};

struct SinkIntoTranspose : OpRewritePattern<linalg::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Decoding> decoding = Decoding::of(op.getInput());
    if (!decoding)
      return failure();
    ArrayRef<int64_t> permutation = op.getPermutation();
    Location location = op.getLoc();
    for (Part &part : decoding->parts) {
      part.shared = applyPermutation(part.shared, permutation);
      SmallVector<OpFoldResult> sizes = applyPermutation(
          tensor::getMixedSizes(rewriter, location, part.value), permutation);
      Value init = tensor::EmptyOp::create(rewriter, location, sizes,
                                           getElementTypeOrSelf(part.value));
      part.value = linalg::TransposeOp::create(rewriter, location, part.value,
                                               init, permutation)
                       .getResult()[0];
    }
    SmallVector<unsigned> to =
        llvm::to_vector_of<unsigned>(invertPermutationVector(permutation));
    SmallVector<OpFoldResult> sizes = applyPermutation(
        tensor::getMixedSizes(rewriter, location, op.getInput()), permutation);
    rewriter.replaceOp(
        op, decoding->rebuild(rewriter, location, decoding->parts, sizes, to));
    return success();
  }
};

/// Both reshapes need static sizes, which weights have.
bool isStatic(Operation *reshape) {
  auto isStaticType = [](Type type) {
    return cast<ShapedType>(type).hasStaticShape();
  };
  return llvm::all_of(reshape->getOperandTypes(), isStaticType) &&
         llvm::all_of(reshape->getResultTypes(), isStaticType);
}

struct SinkIntoExpand : OpRewritePattern<tensor::ExpandShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExpandShapeOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Decoding> decoding = Decoding::of(op.getSrc());
    if (!decoding || !isStatic(op))
      return failure();
    SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
    ArrayRef<int64_t> shape = op.getResultType().getShape();
    SmallVector<unsigned> to;
    for (auto [dim, group] : llvm::enumerate(groups)) {
      if (group.size() > 1 && decoding->usesIndexOf(dim))
        return failure();
      to.push_back(group.front());
    }
    SmallVector<SmallVector<int64_t>> shapes;
    for (Part &part : decoding->parts)
      if (failed(expand(part, groups, shape, shapes.emplace_back())))
        return failure();
    for (auto [part, sizes] : llvm::zip(decoding->parts, shapes)) {
      auto type =
          RankedTensorType::get(sizes, getElementTypeOrSelf(part.value));
      part.value = tensor::ExpandShapeOp::create(rewriter, op.getLoc(), type,
                                                 part.value, groups);
    }
    SmallVector<OpFoldResult> sizes =
        getAsIndexOpFoldResult(op.getContext(), shape);
    rewriter.replaceOp(op, decoding->rebuild(rewriter, op.getLoc(),
                                             decoding->parts, sizes, to));
    return success();
  }

private:
  /// Neighbours that share an element must stay in one dimension, the last.
  static LogicalResult expand(Part &part, ArrayRef<ReassociationIndices> groups,
                              ArrayRef<int64_t> shape,
                              SmallVector<int64_t> &sizes) {
    SmallVector<int64_t> shared;
    for (auto [dim, group] : llvm::enumerate(groups)) {
      int64_t count = part.shared[dim];
      for (int64_t i : group) {
        bool isLast = i == group.back();
        if (count > 1 && isLast && shape[i] % count)
          return failure();
        shared.push_back(count > 1 && !isLast ? 1 : count);
        sizes.push_back(count == 0            ? 1
                        : count > 1 && isLast ? shape[i] / count
                                              : shape[i]);
      }
    }
    part.shared = shared;
    return success();
  }
};

struct SinkIntoCollapse : OpRewritePattern<tensor::CollapseShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::CollapseShapeOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Decoding> decoding = Decoding::of(op.getSrc());
    if (!decoding || !isStatic(op))
      return failure();
    SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
    SmallVector<unsigned> to(decoding->getRank());
    for (auto [result, group] : llvm::enumerate(groups))
      for (int64_t dim : group) {
        if (group.size() > 1 && decoding->usesIndexOf(dim))
          return failure();
        to[dim] = result;
      }
    for (Part &part : decoding->parts) {
      SmallVector<int64_t> shared;
      for (const ReassociationIndices &group : groups) {
        std::optional<int64_t> count = collapse(*decoding, part, group);
        if (!count)
          return failure();
        shared.push_back(*count);
      }
      part.shared = shared;
    }
    for (Part &part : decoding->parts)
      part.value = tensor::CollapseShapeOp::create(rewriter, op.getLoc(),
                                                   part.value, groups);
    SmallVector<OpFoldResult> sizes =
        getAsIndexOpFoldResult(op.getContext(), op.getResultType().getShape());
    rewriter.replaceOp(op, decoding->rebuild(rewriter, op.getLoc(),
                                             decoding->parts, sizes, to));
    return success();
  }

private:
  /// Dimensions become one where each element has its own of the part, where
  /// all share one, or where but one of them has a size other than 1.
  static std::optional<int64_t> collapse(const Decoding &decoding,
                                         const Part &part,
                                         ArrayRef<int64_t> group) {
    SmallVector<int64_t> counts;
    for (int64_t dim : group)
      if (decoding.getSize(dim) != 1)
        counts.push_back(part.shared[dim]);
    if (counts.size() > 1 && (!llvm::all_equal(counts) || counts.front() > 1))
      return std::nullopt;
    return counts.empty() ? 0 : counts.front();
  }
};

struct SinkIntoSlice : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Decoding> decoding = Decoding::of(op.getSource());
    if (!decoding || op.getDroppedDims().any() || !op.hasUnitStride())
      return failure();
    SmallVector<SmallVector<OpFoldResult>> offsets, sizes;
    for (const Part &part : decoding->parts)
      if (failed(cut(part, op, offsets.emplace_back(), sizes.emplace_back())))
        return failure();
    SmallVector<unsigned> to =
        llvm::to_vector(llvm::seq<unsigned>(decoding->getRank()));
    for (auto [part, offset, size] : llvm::zip(decoding->parts, offsets, sizes))
      part.value =
          tensor::ExtractSliceOp::create(rewriter, op.getLoc(), part.value,
                                         offset, size, op.getMixedStrides());
    // A part of a pair or a group begins where the whole does: offsets are
    // multiples of both.
    rewriter.replaceOp(op,
                       decoding->rebuild(rewriter, op.getLoc(), decoding->parts,
                                         op.getMixedSizes(), to));
    return success();
  }

private:
  static LogicalResult cut(const Part &part, tensor::ExtractSliceOp op,
                           SmallVector<OpFoldResult> &offsets,
                           SmallVector<OpFoldResult> &sizes) {
    Builder b(op.getContext());
    for (auto [count, offset, size] :
         llvm::zip(part.shared, op.getMixedOffsets(), op.getMixedSizes())) {
      offsets.push_back(count ? offset : b.getIndexAttr(0));
      sizes.push_back(count ? size : b.getIndexAttr(1));
      if (count <= 1)
        continue;
      std::optional<int64_t> first = getConstantIntValue(offset);
      std::optional<int64_t> extent = getConstantIntValue(size);
      if (!first || !extent || *first % count || *extent % count)
        return failure();
      offsets.back() = b.getIndexAttr(*first / count);
      sizes.back() = b.getIndexAttr(*extent / count);
    }
    return success();
  }
};

/// An op that puts elements in other places, as the filters of a transposed
/// convolution are turned half round.
struct SinkIntoCopy : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isCopy(op))
      return failure();
    std::optional<Decoding> decoding = Decoding::of(op.getInputs()[0]);
    if (!decoding)
      return failure();
    AffineMap map = op.getIndexingMapsArray()[0];
    std::optional<SmallVector<unsigned>> to = findTargets(*decoding, map);
    if (!to)
      return failure();
    for (Part &part : decoding->parts)
      part = copy(rewriter, op, part, map, *to);
    SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(
        op.getContext(),
        cast<RankedTensorType>(op.getResultTypes()[0]).getShape());
    rewriter.replaceOp(op, decoding->rebuild(rewriter, op.getLoc(),
                                             decoding->parts, sizes, *to));
    return success();
  }

private:
  static bool isCopy(linalg::GenericOp op) {
    return op.getNumDpsInputs() == 1 && op.getNumReductionLoops() == 0 &&
           op.getNumResults() == 1 && op.hasPureTensorSemantics() &&
           cast<RankedTensorType>(op.getResultTypes()[0]).hasStaticShape() &&
           op.getIndexingMapsArray().back().isIdentity() &&
           op.getBlock()->getTerminator()->getOperand(0) ==
               op.getBlock()->getArgument(0);
  }

  /// The copy's dimension that each of the decoding's is read along. Neighbours
  /// that share an element, or have a place in a pair, are to stay neighbours.
  static std::optional<SmallVector<unsigned>> findTargets(Decoding &decoding,
                                                          AffineMap map) {
    SmallVector<unsigned> to;
    llvm::SmallDenseSet<unsigned> taken;
    for (auto [dim, place] : llvm::enumerate(map.getResults())) {
      SmallVector<unsigned> read;
      for (unsigned i = 0; i < map.getNumDims(); ++i)
        if (place.isFunctionOfDim(i))
          read.push_back(i);
      if (read.size() != 1 || !taken.insert(read[0]).second)
        return std::nullopt;
      bool isJoined = decoding.usesIndexOf(dim);
      for (const Part &part : decoding.parts)
        isJoined |= part.shared[dim] > 1;
      if (isJoined && !isa<AffineDimExpr>(place))
        return std::nullopt;
      to.push_back(read[0]);
    }
    if (to.size() != map.getNumDims())
      return std::nullopt;
    return to;
  }

  static Part copy(PatternRewriter &rewriter, linalg::GenericOp op,
                   const Part &part, AffineMap map, ArrayRef<unsigned> to) {
    Part result;
    result.shared.resize(to.size());
    auto type = cast<RankedTensorType>(part.value.getType());
    SmallVector<int64_t> shape(to.size());
    SmallVector<AffineExpr> places(map.getResults());
    for (auto [dim, target] : llvm::enumerate(to)) {
      result.shared[target] = part.shared[dim];
      shape[target] = type.getDimSize(dim);
      if (part.shared[dim] == 0)
        places[dim] = rewriter.getAffineConstantExpr(0);
    }
    Value init = tensor::EmptyOp::create(rewriter, op.getLoc(), shape,
                                         type.getElementType());
    AffineMap read = AffineMap::get(to.size(), 0, places, op.getContext());
    result.value =
        linalg::GenericOp::create(
            rewriter, op.getLoc(), init.getType(), part.value, init,
            ArrayRef{read, rewriter.getMultiDimIdentityMap(to.size())},
            op.getIteratorTypesArray(),
            [](OpBuilder &b, Location location, ValueRange arguments) {
              linalg::YieldOp::create(b, location, arguments[0]);
            })
            .getResult(0);
    return result;
  }
};

struct SinkDecodingPass : lathe::impl::SinkDecodingBase<SinkDecodingPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkIntoTranspose, SinkIntoExpand, SinkIntoCollapse,
                 SinkIntoSlice, SinkIntoCopy>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    getOperation().walk([&](linalg::GenericOp op) {
      decodings += op->hasAttr(decodesAttrName) ? 1 : 0;
    });
  }
};
} // namespace
