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

/// Whether the elements of rows of dimensions from `row` on, a cache line
/// apart, can be counted; unknown sizes count as 1.
bool canSpread(ArrayRef<int64_t> sizes, unsigned row, Type element) {
  int64_t elements = 1;
  for (unsigned dim = sizes.size(); dim-- > 0;) {
    if (dim + 1 == row &&
        llvm::AddOverflow(elements, cacheLine / getElementBytes(element),
                          elements))
      return false;
    if (!ShapedType::isDynamic(sizes[dim]) &&
        llvm::MulOverflow(elements, sizes[dim], elements))
      return false;
  }
  return true;
}

/// The type of rows of `shape`'s dimensions from `row` on, a cache line apart
/// from each other.
MemRefType spreadRows(ArrayRef<int64_t> shape, unsigned row, Type element) {
  SmallVector<int64_t> strides(shape.size());
  int64_t distance = 1;
  for (unsigned dim = shape.size(); dim-- > 0;) {
    if (dim + 1 == row)
      distance += cacheLine / getElementBytes(element);
    strides[dim] = distance;
    distance =
        ShapedType::isDynamic(shape[dim]) || ShapedType::isDynamic(distance)
            ? ShapedType::kDynamic
            : distance * shape[dim];
  }
  auto layout = StridedLayoutAttr::get(element.getContext(), 0, strides);
  return MemRefType::get(shape, element, layout);
}

/// A buffer of `type`'s elements whose rows are its dimensions from `row` on,
/// with a cache line behind each row.
Value allocateLonger(OpBuilder &b, Location location, MemRefType type,
                     unsigned row, ValueRange sizes) {
  SmallVector<int64_t> shape(type.getShape().take_front(row));
  shape.push_back(llvm::product_of(type.getShape().drop_front(row)) +
                  cacheLine / getElementBytes(type.getElementType()));
  auto whole = MemRefType::get(shape, type.getElementType());
  return memref::AllocOp::create(b, location, whole, sizes);
}

/// The rows of a buffer of longer rows as a memref of `type`, which
/// `spreadRows` gives. `groups` says which of the buffer's dimensions each of
/// those before `row` has.
Value viewRows(OpBuilder &b, Location location, Value whole, MemRefType type,
               unsigned row, ArrayRef<ReassociationIndices> groups) {
  int64_t last = cast<MemRefType>(whole.getType()).getRank() - 1;
  if (last != row) {
    auto flat = llvm::to_vector(groups.take_front(row));
    flat.push_back({last});
    whole = memref::CollapseShapeOp::create(b, location, whole, flat);
  }
  ArrayRef<int64_t> parts = type.getShape().drop_front(row);
  SmallVector<OpFoldResult> offsets(row + 1, b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(row + 1, b.getIndexAttr(1));
  SmallVector<OpFoldResult> extents = memref::getMixedSizes(b, location, whole);
  extents.back() = b.getIndexAttr(llvm::product_of(parts));
  Value rows =
      memref::SubViewOp::create(b, location, whole, offsets, extents, strides);
  if (parts.size() == 1)
    return rows;
  SmallVector<ReassociationIndices> split;
  for (unsigned dim = 0; dim < row; ++dim)
    split.push_back({dim});
  split.push_back(llvm::to_vector<2>(llvm::seq<int64_t>(row, type.getRank())));
  extents.pop_back();
  for (int64_t size : parts)
    extents.push_back(b.getIndexAttr(size));
  return memref::ExpandShapeOp::create(b, location, type, rows, split, extents);
}

/// The type of a view of what has another layout, null if there is none.
MemRefType getTypeOfView(Operation *view, MemRefType source) {
  if (auto part = dyn_cast<memref::SubViewOp>(view))
    return memref::SubViewOp::inferRankReducedResultType(
        part.getType().getShape(), source, part.getMixedOffsets(),
        part.getMixedSizes(), part.getMixedStrides());
  if (auto flat = dyn_cast<memref::CollapseShapeOp>(view)) {
    auto groups = flat.getReassociationIndices();
    if (!memref::CollapseShapeOp::isGuaranteedCollapsible(source, groups))
      return {};
    return memref::CollapseShapeOp::computeCollapsedType(source, groups);
  }
  auto parts = dyn_cast<memref::ExpandShapeOp>(view);
  if (!parts)
    return {};
  FailureOr<MemRefType> type = memref::ExpandShapeOp::computeExpandedType(
      source, parts.getResultType().getShape(),
      parts.getReassociationIndices());
  return succeeded(type) ? *type : MemRefType();
}

using TypedViews = SmallVector<std::pair<Value, MemRefType>>;

bool canHaveType(Value value, MemRefType type, TypedViews &views);

/// Whether what an op reads or views can have another layout; if so, what its
/// views' types are then.
bool canTake(Operation *user, MemRefType type, TypedViews &views) {
  if (isa<NestOp, DotProductOp, memref::CopyOp>(user))
    return true;
  MemRefType ofView = getTypeOfView(user, type);
  return ofView && canHaveType(user->getResult(0), ofView, views);
}

/// The same of a view, whose type is `type` then.
bool canHaveType(Value value, MemRefType type, TypedViews &views) {
  views.emplace_back(value, type);
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return canTake(user, type, views);
  });
}

/// A buffer whose rows are its dimensions from `row` on.
struct RowBuffer {
  memref::AllocOp op;
  unsigned row;

  /// The first of a collapsed buffer's dimensions that are a row; nothing if
  /// one of its dimensions is of rows and of a row.
  std::optional<unsigned> getRow(memref::CollapseShapeOp flat) const {
    for (auto [dim, group] : llvm::enumerate(flat.getReassociationIndices()))
      if (group.front() >= row)
        return group.front() == row ? std::optional<unsigned>(dim)
                                    : std::nullopt;
    return {};
  }
};

/// The buffer that an operand is, or reshapes, with the operand's last
/// dimension for a row.
std::optional<RowBuffer> findRowBuffer(Value operand) {
  auto flat = operand.getDefiningOp<memref::CollapseShapeOp>();
  Value source = flat ? flat.getSrc() : operand;
  auto op = source.getDefiningOp<memref::AllocOp>();
  if (!op || !op.getType().getLayout().isIdentity())
    return {};
  unsigned row = flat ? flat.getReassociationIndices().back().front()
                      : op.getType().getRank() - 1;
  ArrayRef<int64_t> shape = op.getType().getShape();
  if (row == 0 || ShapedType::isDynamicShape(shape.drop_front(row)) ||
      !canSpread(shape, row, op.getType().getElementType()))
    return {};
  return RowBuffer{op, row};
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
  /// it, or views that it can have with longer rows.
  bool padBuffer(OpOperand &operand) {
    std::optional<RowBuffer> buffer = findRowBuffer(operand.get());
    if (!buffer)
      return false;
    memref::AllocOp op = buffer->op;
    Type element = op.getType().getElementType();
    MemRefType type = spreadRows(op.getType().getShape(), buffer->row, element);
    Operation *first = nullptr;
    SmallVector<memref::CollapseShapeOp> reshapes;
    TypedViews views;
    for (Operation *user : op->getUsers()) {
      Operation *inBlock = op->getBlock()->findAncestorOpInBlock(*user);
      if (!first || inBlock->isBeforeInBlock(first))
        first = inBlock;
      // Reshapes of the whole are made anew, so that the distances of rows
      // need not be known.
      if (auto flat = dyn_cast<memref::CollapseShapeOp>(user)) {
        std::optional<unsigned> row = buffer->getRow(flat);
        if (!row ||
            !canHaveType(flat,
                         spreadRows(flat.getType().getShape(), *row, element),
                         views))
          return false;
        reshapes.push_back(flat);
      } else if (!canTake(user, type, views)) {
        return false;
      }
    }
    OpBuilder b(op);
    Value whole = allocateLonger(b, op.getLoc(), op.getType(), buffer->row,
                                 op.getDynamicSizes());
    for (auto [view, ofView] : views)
      view.setType(ofView);
    for (memref::CollapseShapeOp flat : reshapes) {
      b.setInsertionPoint(flat);
      flat.replaceAllUsesWith(viewRows(b, flat.getLoc(), whole, flat.getType(),
                                       *buffer->getRow(flat),
                                       flat.getReassociationIndices()));
      flat.erase();
    }
    // A buffer is alive from its first use on.
    if (!op->use_empty()) {
      b.setInsertionPoint(first);
      op->replaceAllUsesWith(
          ValueRange(viewRows(b, op.getLoc(), whole, type, buffer->row, {})));
    }
    op.erase();
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
    unsigned row = type.getRank() - 1;
    SmallVector<int64_t> bounds;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      std::optional<int64_t> bound = upperBoundOfDim(source, dim);
      if (!bound)
        return;
      bounds.push_back(*bound);
    }
    if (!canSpread(bounds, row, type.getElementType()))
      return;
    SmallVector<Value> sizes;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (type.isDynamicDim(dim))
        sizes.push_back(memref::DimOp::create(b, location, source, dim));
    Value whole = allocateLonger(b, location, type, row, sizes);
    Value rows = viewRows(
        b, location, whole,
        spreadRows(type.getShape(), row, type.getElementType()), row, {});
    memref::CopyOp::create(b, location, source, rows);
    nest.getInputsMutable()[input].set(rows);
    ++copied;
  }
};
} // namespace
