//===- NestPrefetch.cpp - Fetches the panel that is read next -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights come from memory while the tiles of one panel are computed, instead
// of while the first of them waits for them: those that the cache holds, too,
// once, as the layers of a network drive each other's out. Each step of a
// reduction asks for an equal part of the next panel, so that memory is as busy
// at the last tile as at the first. A few rows do nothing but wait: their steps
// ask for what some steps later read of the same panel, which comes faster than
// what a processor foresees by itself.
//
//===----------------------------------------------------------------------===//

#include "codegen/NestEmitter.h"
#include "codegen/Target.h"
#include "dialect/Shape.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Whether enough rows read an input for memory to have time in between:
/// weights of 4 bytes come as fast as some 16 rows are multiplied by them. An
/// unknown number is enough.
static bool isReadByManyRows(NestOp nest, unsigned input, int64_t laneDim) {
  constexpr int64_t enough = 16;
  int64_t rows = 1;
  for (auto [dim, size] : llvm::enumerate(getGreatestExtents(nest)))
    if (!nest.getReductions()[dim] && static_cast<int64_t>(dim) != laneDim &&
        !nest.getMap(input).isFunctionOfDim(dim))
      rows =
          ShapedType::isDynamic(size) ? enough : std::min(enough, rows * size);
  return rows == enough;
}

void mlir::lathe::kernel::planPrefetch(NestPlan &plan, NestOp nest,
                                       const VectorTarget &target) {
  // Of few weights, a cache misses so few lines that asking costs as much.
  int64_t most = target.secondCacheBytes / 32, steps = 1;
  if (panelColumns % (plan.lanes * plan.laneVectors) != 0)
    return;
  for (auto [size, reduction] :
       llvm::zip(nest.getStaticExtents(), nest.getReductions()))
    steps = !reduction ? steps : ShapedType::isDynamic(size) ? 0 : steps * size;
  for (unsigned i = 0; i < nest.getInputs().size(); ++i) {
    auto type = cast<MemRefType>(nest.getInputs()[i].getType());
    AffineMap map = nest.getMap(i);
    if (!readsPanels(nest, i, plan.laneDim) || !type.hasStaticShape() ||
        type.getDimSize(type.getRank() - 1) != panelColumns ||
        !map.getResult(0).isFunctionOfDim(plan.laneDim) ||
        type.getNumElements() != type.getDimSize(0) * steps * panelColumns)
      continue;
    int64_t bytes =
        type.getNumElements() * getElementBytes(type.getElementType());
    if (bytes <= most)
      continue;
    plan.prefetched = i;
    plan.prefetchesNext = isReadByManyRows(nest, i, plan.laneDim);
    most = bytes;
  }
}

void NestEmitter::startPrefetch(int64_t rows) {
  // A single row at an edge leaves memory no time for the next panel.
  constexpr int64_t fewestRows = 2;
  prefetch = {};
  if (plan.prefetched < 0)
    return;
  Value panels = nest.getInputs()[plan.prefetched];
  auto type = cast<MemRefType>(panels.getType());
  if (plan.prefetchesNext && rows >= fewestRows)
    prefetchNextPanel(type);
  else
    prefetchSamePanel(type);
  prefetch.elements = panels;
  if (prefetch.panel)
    return;
  SmallVector<ReassociationIndices> one(1);
  llvm::append_range(one[0], llvm::seq<int64_t>(type.getRank()));
  prefetch.elements = memref::CollapseShapeOp::create(b, panels, one);
}

void NestEmitter::prefetchNextPanel(MemRefType panels) {
  // Tiles that read the present panel, and how many of them come before.
  Value tiles = constant(1), before = constant(0);
  bool isInside = false;
  for (auto [axis, index] : llvm::zip(axes, blockIndices)) {
    if (axis.kind == Axis::laneBlocks) {
      isInside = true;
      Value blocks = constant(panelColumns / laneBlock());
      before = b.createOrFold<arith::RemUIOp>(index, blocks);
      tiles = blocks;
    } else if (isInside) {
      before = b.createOrFold<arith::AddIOp>(
          b.createOrFold<arith::MulIOp>(before, axis.count), index);
      tiles = b.createOrFold<arith::MulIOp>(tiles, axis.count);
    }
  }
  int64_t steps = panels.getNumElements() / panels.getDimSize(0) / panelColumns;
  prefetch.step =
      b.createOrFold<arith::CeilDivUIOp>(constant(panelColumns), tiles);
  Value perTile = b.createOrFold<arith::MulIOp>(prefetch.step, constant(steps));
  Value next = b.createOrFold<arith::AddIOp>(
      b.createOrFold<arith::DivUIOp>(ivs[plan.laneDim], constant(panelColumns)),
      constant(1));
  Value from = b.createOrFold<arith::AddIOp>(
      b.createOrFold<arith::MulIOp>(next, constant(steps * panelColumns)),
      b.createOrFold<arith::MulIOp>(before, perTile));
  // Behind the last panel there is nothing to ask for.
  Value last =
      b.createOrFold<arith::SubIOp>(constant(panels.getNumElements()), perTile);
  if (!panels.getLayout().isIdentity()) {
    // A part of each panel.
    prefetch.panel = b.createOrFold<arith::MinUIOp>(
        next, constant(panels.getDimSize(0) - 1));
    prefetch.from = b.createOrFold<arith::MulIOp>(before, perTile);
    return;
  }
  prefetch.from = b.createOrFold<arith::MinUIOp>(from, last);
}

void NestEmitter::prefetchSamePanel(MemRefType panels) {
  int64_t bytes = getElementBytes(panels.getElementType());
  int64_t size = panels.getNumElements() / panels.getDimSize(0);
  Value lane = ivs[plan.laneDim];
  prefetch.lines = llvm::divideCeil(laneBlock() * bytes, lineBytes);
  prefetch.step = constant(panelColumns);
  prefetch.from = b.createOrFold<arith::AddIOp>(
      b.createOrFold<arith::RemUIOp>(lane, constant(panelColumns)),
      constant(bytesAhead / bytes));
  prefetch.last = constant(size - laneBlock());
  prefetch.panel = b.createOrFold<arith::DivUIOp>(lane, constant(panelColumns));
  if (!panels.getLayout().isIdentity())
    return;
  Value begin = b.createOrFold<arith::MulIOp>(prefetch.panel, constant(size));
  prefetch.from = b.createOrFold<arith::AddIOp>(prefetch.from, begin);
  prefetch.last = b.createOrFold<arith::AddIOp>(prefetch.last, begin);
  prefetch.panel = {};
}

void NestEmitter::emitPrefetch() {
  if (!prefetch.elements)
    return;
  Value step = constant(0);
  for (unsigned dim = numParallel; dim < nest.getNumDims(); ++dim)
    step = b.createOrFold<arith::AddIOp>(
        b.createOrFold<arith::MulIOp>(step, constant(extents[dim])), ivs[dim]);
  Value at = b.createOrFold<arith::AddIOp>(
      prefetch.from, b.createOrFold<arith::MulIOp>(step, prefetch.step));
  if (prefetch.last)
    at = b.createOrFold<arith::MinUIOp>(at, prefetch.last);
  auto type = cast<MemRefType>(prefetch.elements.getType());
  int64_t lineElements = lineBytes / getElementBytes(type.getElementType());
  for (int64_t line = 0; line < prefetch.lines; ++line)
    emitPrefetchOf(
        b.createOrFold<arith::AddIOp>(at, constant(line * lineElements)));
}

void NestEmitter::fetch(OpBuilder &at, unsigned input, ValueRange indices) {
  constexpr unsigned secondCache = 2;
  b.restoreInsertionPoint(at.saveInsertionPoint());
  ivs.assign(indices.begin(), indices.end());
  memref::PrefetchOp::create(b, nest.getInputs()[input],
                             subscripts(input, 0, 0), /*isWrite=*/false,
                             secondCache, /*isDataCache=*/true);
}

void NestEmitter::emitPrefetchOf(Value at) {
  SmallVector<Value> place = {at};
  if (prefetch.panel) {
    auto type = cast<MemRefType>(prefetch.elements.getType());
    place.clear();
    for (int64_t size : llvm::reverse(type.getShape().drop_front(2))) {
      place.push_back(b.createOrFold<arith::RemUIOp>(at, constant(size)));
      at = b.createOrFold<arith::DivUIOp>(at, constant(size));
    }
    place.append({at, prefetch.panel});
    std::reverse(place.begin(), place.end());
  }
  constexpr unsigned allCaches = 3;
  memref::PrefetchOp::create(b, prefetch.elements, place, /*isWrite=*/false,
                             allCaches, /*isDataCache=*/true);
}
