//===- SplitReductions.cpp - Long reductions in parts ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A panel of weights is read once for each tile of rows, and rows once for each
// panel. Where a reduction is so long that neither stays in the second-level
// cache meanwhile, a nest becomes several: each sums up a part of the reduction
// on top of what the one before it has stored, and the last one finishes. A
// length that is known when the program runs only, such as a network's width,
// is cut as the greatest that it can be.
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "codegen/Target.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Whether the nest adds up numbers that its output can hold as they are.
static bool sumsInPlace(NestOp nest) {
  Operation *combiner = getCombiner(nest);
  bool isPlain = true;
  nest.walk(
      [&](Operation *op) { isPlain &= !isa<IndexOp, memref::LoadOp>(op); });
  return isPlain && isa_and_nonnull<arith::AddFOp>(combiner) &&
         combiner->getResult(0).getType().isF32() &&
         getElementTypeOrSelf(nest.getInitOutput()).isF32();
}

bool mlir::lathe::kernel::isWalkedAlone(NestOp nest, unsigned dim) {
  AffineExpr along = getAffineDimExpr(dim, nest.getContext());
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    for (AffineExpr subscript : nest.getMap(i).getResults())
      if (subscript != along && subscript.isFunctionOfDim(dim))
        return false;
  return true;
}

/// The longest reduction that can be cut, or -1, where lengths have bounds.
static int64_t chooseReduction(NestOp nest, ArrayRef<int64_t> extents) {
  int64_t chosen = -1;
  for (auto [dim, size] : llvm::enumerate(extents)) {
    if (!nest.getReductions()[dim])
      continue;
    if (ShapedType::isDynamic(size))
      return -1;
    if (isWalkedAlone(nest, dim) && (chosen < 0 || size > extents[chosen]))
      chosen = dim;
  }
  return chosen;
}

/// Bytes of an input's elements that one index of each other dimension reads.
static int64_t countReduced(NestOp nest, unsigned input) {
  int64_t bytes =
      getElementBytes(getElementTypeOrSelf(nest.getInputs()[input].getType()));
  for (auto [dim, size] : llvm::enumerate(getGreatestExtents(nest)))
    if (nest.getReductions()[dim] && nest.getMap(input).isFunctionOfDim(dim))
      bytes *= size;
  return bytes;
}

/// In how many parts panels, and a block of rows, fit into the second-level
/// cache beside each other.
static int64_t countParts(NestOp nest, const NestPlan &plan,
                          const VectorTarget &target) {
  // Many rows share a panel. A part of a row is never so short that storing the
  // sums and loading them costs more than a little.
  constexpr int64_t rowsTogether = 128, leastRow = 8 << 10;
  int64_t rowBytes =
      std::max(target.secondCacheBytes / 8 * 5 / rowsTogether, leastRow);
  int64_t panelBytes =
      std::max(target.secondCacheBytes / 4, leastRow * panelColumns);
  bool isProduct = llvm::count(nest.getReductions(), true) == 1;
  int64_t parts = 1;
  for (unsigned i = 0; i < nest.getInputs().size(); ++i) {
    bool isOfLanes = isReadByLanes(nest, i, plan.laneDim);
    if (isOfLanes)
      parts = std::max<int64_t>(
          parts,
          llvm::divideCeil(countReduced(nest, i) * panelColumns, panelBytes));
    // Rows of windows overlap.
    else if (isProduct && nest.getMap(i).isFunctionOfDim(plan.rowDim))
      parts = std::max<int64_t>(
          parts, llvm::divideCeil(countReduced(nest, i), rowBytes));
  }
  return parts;
}

/// Whether more rows than a tile has meet a panel.
static bool hasTiles(NestOp nest, const NestPlan &plan) {
  int64_t rows = 1;
  for (auto [dim, size] : llvm::enumerate(getGreatestExtents(nest))) {
    if (nest.getReductions()[dim] || static_cast<int64_t>(dim) == plan.laneDim)
      continue;
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(rows, size, rows))
      return true;
  }
  return rows > plan.rows;
}

/// A part of a dimension of the nest.
struct Part {
  unsigned dim;
  OpFoldResult first, size;
};

/// `size` indices from `first` on, or those that there are of them.
static Part takePart(OpBuilder &b, NestOp nest, unsigned dim, int64_t first,
                     int64_t size) {
  Location location = nest.getLoc();
  int64_t known = nest.getStaticExtents()[dim];
  if (!ShapedType::isDynamic(known))
    return {dim, b.getIndexAttr(first),
            b.getIndexAttr(std::min(size, known - first))};
  Value extent = createExtent(b, nest, dim);
  auto least = [&](Value x, int64_t y) {
    Value constant = arith::ConstantIndexOp::create(b, location, y);
    return b.createOrFold<arith::MinSIOp>(location, x, constant);
  };
  if (first == 0)
    return {dim, b.getIndexAttr(0), getAsOpFoldResult(least(extent, size))};
  Value begin = least(extent, first);
  Value rest = b.createOrFold<arith::SubIOp>(location, extent, begin);
  return {dim, getAsOpFoldResult(begin), getAsOpFoldResult(least(rest, size))};
}

/// That part of an input.
static Value slice(OpBuilder &b, NestOp nest, unsigned input,
                   const Part &part) {
  Value whole = nest.getInputs()[input];
  AffineMap map = nest.getMap(input);
  if (!map.isFunctionOfDim(part.dim))
    return whole;
  Location location = nest.getLoc();
  SmallVector<OpFoldResult> sizes = memref::getMixedSizes(b, location, whole);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  for (auto [axis, subscript] : llvm::enumerate(map.getResults()))
    if (subscript.isFunctionOfDim(part.dim)) {
      offsets[axis] = part.first;
      sizes[axis] = part.size;
    }
  return memref::SubViewOp::create(b, location, whole, offsets, sizes, strides);
}

/// Lets a nest begin with what its output holds.
static void addToOutput(OpBuilder &b, NestOp part) {
  unsigned count = part.getInputs().size();
  SmallVector<AffineMap> maps(
      part.getIndexingMaps().getAsValueRange<AffineMapAttr>());
  maps.insert(maps.begin() + count, part.getOutputMap());
  part.getInputsMutable().append(part.getInitOutput());
  part.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
  part.setInitAttr(b.getF32FloatAttr(0));
  for (Region *region : {&part.getReduce(), &part.getFinish()}) {
    Block &block = region->front();
    Value held = block.insertArgument(count, b.getF32Type(), part.getLoc());
    if (region == &part.getReduce())
      continue;
    Value sum = block.getArguments().back();
    OpBuilder inside = OpBuilder::atBlockBegin(&block);
    auto total = arith::AddFOp::create(inside, part.getLoc(), sum, held);
    sum.replaceAllUsesExcept(total, total);
  }
}

/// Lets a nest store its sum as it is.
static void storeSum(NestOp part) {
  Block &block = part.getFinish().front();
  Value sum = block.getArguments().back();
  Operation *yield = block.getTerminator();
  yield->setOperands(sum);
  while (yield->getPrevNode())
    yield->getPrevNode()->erase();
}

SmallVector<NestOp>
mlir::lathe::kernel::splitReduction(RewriterBase &rewriter, NestOp nest,
                                    const NestPlan &plan,
                                    const VectorTarget &target) {
  constexpr int64_t vector = 16;
  SmallVector<int64_t> extents = getGreatestExtents(nest);
  int64_t dim = -1, parts = 1;
  if (plan.lanesOutside && plan.rowDim >= 0 && sumsInPlace(nest) &&
      hasTiles(nest, plan))
    dim = chooseReduction(nest, extents);
  if (dim >= 0)
    parts = countParts(nest, plan, target);
  if (parts == 1)
    return {nest};
  int64_t extent = extents[dim];
  int64_t size = llvm::alignTo(llvm::divideCeil(extent, parts), vector);
  SmallVector<NestOp> made;
  rewriter.setInsertionPoint(nest);
  for (int64_t first = 0; first < extent; first += size) {
    SmallVector<Value> inputs;
    Part taken = takePart(rewriter, nest, dim, first, size);
    for (unsigned i = 0; i < nest.getInputs().size(); ++i)
      inputs.push_back(slice(rewriter, nest, i, taken));
    auto part = cast<NestOp>(rewriter.clone(*nest));
    part.getInputsMutable().assign(inputs);
    if (first + size < extent)
      storeSum(part);
    if (first > 0)
      addToOutput(rewriter, part);
    made.push_back(part);
  }
  rewriter.eraseOp(nest);
  return made;
}
