//===- NestNormalForm.cpp - Dimensions in order, and merged ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Renumbers the dimensions: parallel ones in the output's order, then the
/// reductions. Reductions of one step go: the window of a 1x1 convolution would
/// keep its rows from merging.
static void orderDims(NestOp nest) {
  Builder b(nest.getContext());
  SmallVector<AffineExpr> renumbered(nest.getNumDims());
  SmallVector<bool> reductions;
  for (AffineExpr result : nest.getOutputMap().getResults()) {
    unsigned dim = cast<AffineDimExpr>(result).getPosition();
    renumbered[dim] = b.getAffineDimExpr(reductions.size());
    reductions.push_back(false);
  }
  SmallVector<int64_t> extents = nest.getStaticExtents();
  // A nest that reduces keeps a reduction.
  bool keepsOther = false, kept = false;
  for (auto [reduction, size] : llvm::zip(nest.getReductions(), extents))
    keepsOther |= reduction && size != 1;
  for (auto [dim, reduction] : llvm::enumerate(nest.getReductions())) {
    if (!reduction)
      continue;
    if (extents[dim] == 1 && (keepsOther || kept)) {
      renumbered[dim] = b.getAffineConstantExpr(0);
      continue;
    }
    renumbered[dim] = b.getAffineDimExpr(reductions.size());
    reductions.push_back(true);
    kept = true;
  }
  SmallVector<AffineMap> maps;
  for (unsigned i = 0; i <= nest.getInputs().size(); ++i)
    maps.push_back(nest.getMap(i).replaceDimsAndSymbols(renumbered, {},
                                                        reductions.size(), 0));
  nest.walk([&](IndexOp index) {
    AffineExpr to = renumbered[index.getDim()];
    if (auto dim = dyn_cast<AffineDimExpr>(to)) {
      index.setDim(dim.getPosition());
      return;
    }
    OpBuilder here(index);
    index.replaceAllUsesWith(
        arith::ConstantIndexOp::create(here, index.getLoc(), 0).getResult());
    index.erase();
  });
  nest.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
  nest.setReductions(reductions);
}

/// Whether a size is that of a dimension of `whole`.
static bool isSizeOf(OpFoldResult size, Value whole, int64_t dim) {
  auto type = cast<MemRefType>(whole.getType());
  if (!type.isDynamicDim(dim))
    return getConstantIntValue(size) == type.getDimSize(dim);
  auto value = dyn_cast<Value>(size);
  if (auto view = whole.getDefiningOp<memref::ViewOp>())
    return view.getSizes()[type.getDynamicDimIndex(dim)] == value;
  auto read = value ? value.getDefiningOp<memref::DimOp>() : nullptr;
  return read && read.getSource() == whole && read.getConstantIndex() == dim;
}

/// Whether a buffer is all of another one, but for the ends of its rows.
static bool isAllButRowEnds(Value buffer) {
  auto part = buffer.getDefiningOp<memref::SubViewOp>();
  if (!part || !part.getSourceType().getLayout().isIdentity() ||
      part.getType().getRank() != part.getSourceType().getRank() ||
      !llvm::all_of(part.getMixedOffsets(), isZeroInteger) ||
      !llvm::all_of(part.getMixedStrides(), isOneInteger))
    return false;
  SmallVector<OpFoldResult> sizes = part.getMixedSizes();
  for (auto [dim, size] : llvm::enumerate(ArrayRef(sizes).drop_back()))
    if (!isSizeOf(size, part.getSource(), dim))
      return false;
  return true;
}

/// Merges dimensions of a buffer that are one in memory. The distance of
/// merged rows is static where they are but shorter than what holds them.
static Value mergeDimsOf(RewriterBase &rewriter, Location location,
                         Value buffer, ArrayRef<ReassociationIndices> groups) {
  if (groups.back().size() > 1 || !isAllButRowEnds(buffer))
    return memref::CollapseShapeOp::create(rewriter, location, buffer, groups);
  auto part = buffer.getDefiningOp<memref::SubViewOp>();
  Value whole = memref::CollapseShapeOp::create(rewriter, location,
                                                part.getSource(), groups);
  SmallVector<OpFoldResult> sizes =
      memref::getMixedSizes(rewriter, location, whole);
  sizes.back() = part.getMixedSizes().back();
  SmallVector<OpFoldResult> offsets(groups.size(), rewriter.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(groups.size(), rewriter.getIndexAttr(1));
  return memref::SubViewOp::create(rewriter, location, whole, offsets, sizes,
                                   strides);
}

/// Whether dimensions `dim` and `dim` + 1 of a buffer are one in memory.
static bool isOneWalk(Value buffer, unsigned dim) {
  auto type = cast<MemRefType>(buffer.getType());
  if (dim + 2 < type.getRank() && isAllButRowEnds(buffer))
    return true;
  SmallVector<ReassociationIndices> groups;
  for (unsigned i = 0; i < type.getRank(); ++i)
    if (i == dim + 1)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  return memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups);
}

/// Whether every operand walks dimensions `dim` and `dim` + 1 as one.
static bool canMerge(NestOp nest, unsigned dim) {
  if (nest.getReductions()[dim] || nest.getReductions()[dim + 1])
    return false;
  for (auto [i, operand] : llvm::enumerate(nest->getOperands())) {
    AffineMap map = nest.getMap(i);
    bool usesFirst = map.isFunctionOfDim(dim);
    bool usesSecond = map.isFunctionOfDim(dim + 1);
    if (!usesFirst && !usesSecond)
      continue;
    Builder b(nest.getContext());
    bool adjacent = false;
    for (unsigned r = 0; r < map.getNumResults(); ++r) {
      AffineExpr result = map.getResult(r);
      if (result == b.getAffineDimExpr(dim) && r + 1 < map.getNumResults() &&
          map.getResult(r + 1) == b.getAffineDimExpr(dim + 1)) {
        if (!isOneWalk(operand, r))
          return false;
        adjacent = true;
        ++r;
        continue;
      }
      if (result.isFunctionOfDim(dim) || result.isFunctionOfDim(dim + 1))
        return false;
    }
    if (!adjacent)
      return false;
  }
  return true;
}

/// Merges dimensions `dim` and `dim` + 1.
static NestOp mergeDims(RewriterBase &rewriter, NestOp nest, unsigned dim) {
  rewriter.setInsertionPoint(nest);
  MLIRContext *context = nest.getContext();
  SmallVector<AffineExpr> renumbered;
  for (unsigned i = 0; i < nest.getNumDims(); ++i)
    renumbered.push_back(getAffineDimExpr(i > dim ? i - 1 : i, context));
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (auto [i, operand] : llvm::enumerate(nest->getOperands())) {
    AffineMap map = nest.getMap(i);
    SmallVector<AffineExpr> results;
    SmallVector<ReassociationIndices> groups;
    bool merges = false;
    for (unsigned r = 0; r < map.getNumResults(); ++r) {
      groups.push_back({static_cast<int64_t>(r)});
      results.push_back(map.getResult(r).replaceDims(renumbered));
      if (map.getResult(r) == getAffineDimExpr(dim, context)) {
        groups.back().push_back(++r);
        merges = true;
      }
    }
    operands.push_back(
        merges ? mergeDimsOf(rewriter, nest.getLoc(), operand, groups)
               : operand);
    maps.push_back(AffineMap::get(nest.getNumDims() - 1, 0, results, context));
  }
  SmallVector<bool> reductions(nest.getReductions());
  reductions.erase(reductions.begin() + dim);
  auto merged = NestOp::create(
      rewriter, nest.getLoc(), TypeRange(), ValueRange(operands).drop_back(),
      operands.back(), rewriter.getAffineMapArrayAttr(maps), reductions,
      nest.getInit());
  merged->setDiscardableAttrs(nest->getDiscardableAttrDictionary());
  merged.getReduce().takeBody(nest.getReduce());
  merged.getFinish().takeBody(nest.getFinish());
  rewriter.eraseOp(nest);
  return merged;
}

/// Whether dimension `dim` is dynamic and the next one has the rows of tiles:
/// of both as one, nobody would know how many are left at the edge.
static bool hidesEdges(NestOp nest, unsigned dim) {
  constexpr int64_t enough = 8;
  SmallVector<int64_t> extents = nest.getStaticExtents();
  return nest.hasReduction() && !nest.getReductions()[dim + 2] &&
         ShapedType::isDynamic(extents[dim]) &&
         !ShapedType::isDynamic(extents[dim + 1]) && extents[dim + 1] >= enough;
}

NestOp mlir::lathe::kernel::normaliseNest(RewriterBase &rewriter, NestOp nest) {
  orderDims(nest);
  bool usesIndex = false;
  nest.walk([&](IndexOp) { usesIndex = true; });
  if (usesIndex)
    return nest;
  splitPhases(rewriter, nest);
  for (unsigned dim = nest.getNumDims(); dim-- > 1;)
    if (canMerge(nest, dim - 1) && !hidesEdges(nest, dim - 1))
      nest = mergeDims(rewriter, nest, dim - 1);
  return nest;
}
