//===- PadStrides.cpp - Keeps the rows of a product apart in the cache ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Bounds.h"
#include "codegen/NestMatrices.h"
#include "codegen/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

namespace mlir::lathe {
#define GEN_PASS_DEF_PADSTRIDES
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {

constexpr int64_t cacheLine = 64;

/// The distance in bytes of what neighbouring rows of a nest's tile read of an
/// input, whose last dimension is summed over; 0 where it is no such input, or
/// the distance is not known.
int64_t getRowDistance(NestOp nest, unsigned input) {
  auto type = dyn_cast<MemRefType>(nest.getInputs()[input].getType());
  AffineMap output = nest.getOutputMap(), map = nest.getMap(input);
  unsigned rank = output.getNumResults();
  if (!type || type.getRank() == 0 || rank < 2)
    return 0;
  unsigned lanes = output.getDimPosition(rank - 1);
  unsigned row = output.getDimPosition(rank - 2);
  auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
  if (!last || !nest.getReductions()[last.getPosition()] ||
      map.isFunctionOfDim(lanes))
    return 0;
  SmallVector<int64_t> strides;
  int64_t offset, distance = 0;
  if (failed(type.getStridesAndOffset(strides, offset)) || strides.back() != 1)
    return 0;
  for (auto [place, stride] : llvm::zip(map.getResults(), strides)) {
    if (!place.isFunctionOfDim(row))
      continue;
    // One row further, at 0 otherwise.
    SmallVector<AffineExpr> at(map.getNumDims(),
                               getAffineConstantExpr(0, nest.getContext()));
    at[row] = getAffineConstantExpr(1, nest.getContext());
    auto step = dyn_cast<AffineConstantExpr>(
        simplifyAffineExpr(place.replaceDims(at), 0, 0));
    if (!step || ShapedType::isDynamic(stride))
      return 0;
    distance += step.getValue() * stride;
  }
  return distance * getElementBytes(type.getElementType());
}

/// The distance in bytes of a product's rows.
int64_t getRowDistance(DotProductOp op) {
  auto type = cast<MemRefType>(op.getRows().getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) ||
      ShapedType::isDynamic(strides.front()))
    return 0;
  return strides.front() * getElementBytes(type.getElementType());
}

/// Rows that the tile of a nest can have: all that are known, or the most.
int64_t countRows(NestOp nest, int64_t most) {
  SmallVector<int64_t> extents = nest.getStaticExtents();
  int64_t rows = 1;
  for (AffineExpr place : nest.getOutputMap().getResults().drop_back()) {
    int64_t size = extents[cast<AffineDimExpr>(place).getPosition()];
    rows = std::min(most, ShapedType::isDynamic(size) ? most : rows * size);
  }
  return rows;
}

/// A buffer's type with rows that are a cache line longer.
MemRefType lengthen(MemRefType type) {
  SmallVector<int64_t> shape(type.getShape());
  shape.back() += cacheLine / getElementBytes(type.getElementType());
  return MemRefType::get(shape, type.getElementType());
}

/// A buffer like `type`, of longer rows, without what is behind the rows.
memref::SubViewOp allocate(OpBuilder &b, Location location, MemRefType type,
                           ValueRange sizes, Operation *firstUse) {
  auto whole = memref::AllocOp::create(b, location, lengthen(type), sizes);
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> extents = whole.getMixedSizes();
  extents.back() = b.getIndexAttr(type.getShape().back());
  // A buffer is alive from its first use on.
  b.setInsertionPoint(firstUse);
  return memref::SubViewOp::create(b, location, whole, offsets, extents,
                                   strides);
}

/// A reshape of rows of several dimensions to rows of one.
bool collapsesRows(memref::CollapseShapeOp view) {
  int64_t size = view.getResultType().getShape().back();
  return view.getResultType().getRank() == 2 && !ShapedType::isDynamic(size) &&
         size == view.getSrcType().getShape().back();
}

/// The same reshape of a buffer with longer rows.
void collapseLonger(memref::CollapseShapeOp view, Value whole) {
  OpBuilder b(view);
  int64_t rank = view.getSrcType().getRank();
  auto rows = llvm::to_vector<2>(llvm::seq(rank - 1));
  SmallVector<ReassociationIndices> groups = {ReassociationIndices(rows),
                                              {rank - 1}};
  Value flat = memref::CollapseShapeOp::create(b, view.getLoc(), whole, groups);
  SmallVector<OpFoldResult> extents =
      memref::getMixedSizes(b, view.getLoc(), flat);
  extents.back() = b.getIndexAttr(view.getResultType().getShape().back());
  SmallVector<OpFoldResult> offsets(2, b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(2, b.getIndexAttr(1));
  view.replaceAllUsesWith(memref::SubViewOp::create(b, view.getLoc(), flat,
                                                    offsets, extents, strides)
                              .getResult());
  view.erase();
}

struct PadStridesPass : lathe::impl::PadStridesBase<PadStridesPass> {
  using PadStridesBase::PadStridesBase;

  void runOnOperation() override {
    SmallVector<NestOp> nests;
    SmallVector<DotProductOp> products;
    getOperation().walk([&](NestOp nest) { nests.push_back(nest); });
    getOperation().walk([&](DotProductOp op) { products.push_back(op); });
    for (NestOp nest : nests)
      for (OpOperand &input : nest.getInputsMutable())
        if (collides(nest, input.getOperandNumber()) && !isByMatrices(nest) &&
            !padBuffer(input) && isWorthCopying(nest))
          copyRows(nest, input.getOperandNumber());
    for (DotProductOp op : products)
      if (collides(getRowDistance(op), countDotTileRows(op, registers)))
        padBuffer(op.getRowsMutable());
  }

private:
  /// Whether the nest will be written by registers of matrices, most likely:
  /// what a nest in normal form tells.
  bool isByMatrices(NestOp nest) {
    if (bf16Matrices.empty())
      return false;
    VectorTarget target = {vectorBytes,      registers,   /*masks=*/true,
                           secondCacheBytes, multipliers, bf16Matrices};
    IRRewriter rewriter(&getContext());
    rewriter.setInsertionPoint(nest);
    auto normal = cast<NestOp>(rewriter.clone(*nest));
    Operation *before = normal->getPrevNode();
    normal = normaliseNest(rewriter, normal);
    bool isByMatrices = planMatrices(normal, target).has_value();
    rewriter.eraseOp(normal);
    // Its views stand before it, users behind what they use.
    for (Operation *view = nest->getPrevNode(); view != before;) {
      Operation *next = view->getPrevNode();
      if (isOpTriviallyDead(view))
        rewriter.eraseOp(view);
      view = next;
    }
    return isByMatrices;
  }

  bool collides(NestOp nest, unsigned input) const {
    int64_t distance = getRowDistance(nest, input);
    constexpr int64_t vectors = 2;
    return distance > 0 &&
           collides(distance,
                    countRows(nest, countTileRows(registers, vectors)));
  }

  /// Whether the rows of a tile, so many bytes apart, drive each other out of
  /// the cache.
  bool collides(int64_t distance, int64_t rows) const {
    if (distance <= 0)
      return false;
    int64_t period = cacheBytes / cacheWays;
    int64_t places = period / std::max(std::gcd(distance, period), cacheLine);
    return rows > places * cacheWays;
  }

  /// Lengthens the rows of the buffer itself, if nests and products alone use
  /// it.
  bool padBuffer(OpOperand &operand) {
    auto view = operand.get().getDefiningOp<memref::CollapseShapeOp>();
    Value rows = view ? view.getSrc() : operand.get();
    auto buffer = rows.getDefiningOp<memref::AllocOp>();
    if (!buffer ||
        buffer.getType().isDynamicDim(buffer.getType().getRank() - 1))
      return false;
    auto canWalk = [&](Operation *user) {
      return isa<NestOp, DotProductOp, memref::CopyOp>(user) &&
             user->getBlock() == buffer->getBlock();
    };
    Operation *first = operand.getOwner();
    SmallVector<memref::CollapseShapeOp> views;
    for (Operation *user : buffer->getUsers()) {
      if (auto view = dyn_cast<memref::CollapseShapeOp>(user)) {
        if (!collapsesRows(view) || !llvm::all_of(view->getUsers(), canWalk))
          return false;
        views.push_back(view);
      } else if (!canWalk(user)) {
        return false;
      }
      if (user->isBeforeInBlock(first))
        first = user;
    }
    OpBuilder b(buffer);
    memref::SubViewOp longer = allocate(b, buffer.getLoc(), buffer.getType(),
                                        buffer.getDynamicSizes(), first);
    for (memref::CollapseShapeOp view : views)
      collapseLonger(view, longer.getSource());
    buffer.replaceAllUsesWith(longer.getResult());
    buffer.erase();
    ++padded;
    return true;
  }

  /// A copy costs what a few columns do.
  bool isWorthCopying(NestOp nest) {
    constexpr int64_t least = 256;
    AffineMap output = nest.getOutputMap();
    int64_t columns = nest.getStaticExtents()[output.getDimPosition(
        output.getNumResults() - 1)];
    return ShapedType::isDynamic(columns) || columns >= least;
  }

  void copyRows(NestOp nest, unsigned input) {
    Value source = nest.getInputs()[input];
    auto type = cast<MemRefType>(source.getType());
    Location location = nest.getLoc();
    IRRewriter b(&getContext());
    b.setInsertionPoint(nest);
    // No plan of memory has a place for what has no bound.
    int64_t elements = 1;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      std::optional<int64_t> bound = upperBoundOfDim(source, dim);
      if (!bound || llvm::MulOverflow(elements, *bound, elements))
        return;
    }
    SmallVector<Value> sizes;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (type.isDynamicDim(dim))
        sizes.push_back(memref::DimOp::create(b, location, source, dim));
    Value rows = allocate(b, location, type, sizes, nest);
    memref::CopyOp::create(b, location, source, rows);
    nest.getInputsMutable()[input].set(rows);
    ++copied;
  }
};
} // namespace
