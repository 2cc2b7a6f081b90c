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
// A result that no cache holds comes from memory, too, before it is written
// over. Each step asks for a line of it: what tiles store all at once has them
// wait otherwise.
//
//===----------------------------------------------------------------------===//

#include "codegen/NestEmitter.h"
#include "codegen/Target.h"
#include "dialect/Shape.h"
#include <numeric>

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

/// Whether panels lie one behind another, of a size that is known.
static bool areFlat(MemRefType panels) {
  return panels.getLayout().isIdentity() && panels.hasStaticShape();
}

/// Whether the rows of a panel follow each other in the last dimension but one.
static bool haveAdjacentRows(MemRefType panels) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return panels.getRank() > 2 &&
         succeeded(panels.getStridesAndOffset(strides, offset)) &&
         strides[panels.getRank() - 2] == panelColumns;
}

/// Whether all of each panel is read, once in all steps of the reduction.
static bool areReadWhole(NestOp nest, MemRefType panels) {
  int64_t elements = panels.getDimSize(0) * panelColumns;
  for (auto [size, reduction] :
       llvm::zip(nest.getStaticExtents(), nest.getReductions()))
    if (reduction && (ShapedType::isDynamic(size) ||
                      llvm::MulOverflow(elements, size, elements)))
      return false;
  return panels.getNumElements() == elements;
}

/// Whether the steps of the reduction walk through the rows of a panel one
/// after another: they are its subscripts, between the panel and the column.
static bool areReadRowByRow(NestOp nest, AffineMap map) {
  unsigned next = 0;
  auto skipParallel = [&] {
    while (next < nest.getNumDims() && !nest.getReductions()[next])
      ++next;
  };
  skipParallel();
  for (AffineExpr row : map.getResults().drop_front().drop_back()) {
    if (isa<AffineConstantExpr>(row))
      continue;
    auto dim = dyn_cast<AffineDimExpr>(row);
    if (!dim || dim.getPosition() != next)
      return false;
    ++next;
    skipParallel();
  }
  return next == nest.getNumDims() &&
         isa<AffineDimExpr>(map.getResult(map.getNumResults() - 2));
}

void mlir::lathe::kernel::planPrefetch(NestPlan &plan, NestOp nest,
                                       const VectorTarget &target) {
  // Of few weights, a cache misses so few lines that asking costs as much.
  int64_t most = target.secondCacheBytes / 32;
  if (panelColumns % (plan.lanes * plan.laneVectors) != 0)
    return;
  for (unsigned i = 0; i < nest.getInputs().size(); ++i) {
    auto type = cast<MemRefType>(nest.getInputs()[i].getType());
    AffineMap map = nest.getMap(i);
    if (!readsPanels(nest, i, plan.laneDim) ||
        type.getDimSize(type.getRank() - 1) != panelColumns ||
        !map.getResult(0).isFunctionOfDim(plan.laneDim) ||
        !(areFlat(type)
              ? areReadWhole(nest, type)
              : (haveAdjacentRows(type) && areReadRowByRow(nest, map))))
      continue;
    int64_t bytes = countGreatestBytes(nest.getInputs()[i])
                        .value_or(std::numeric_limits<int64_t>::max());
    if (bytes <= most)
      continue;
    plan.prefetched = i;
    plan.prefetchesNext = isReadByManyRows(nest, i, plan.laneDim);
    most = bytes;
  }
}

/// The steps of a reduction if they are few enough for storing to count; 0
/// otherwise.
static int64_t countFewSteps(NestOp nest) {
  constexpr int64_t many = 128;
  int64_t steps = 1;
  for (auto [size, reduction] :
       llvm::zip(nest.getStaticExtents(), nest.getReductions()))
    if (reduction && (ShapedType::isDynamic(size) ||
                      llvm::MulOverflow(steps, size, steps) || steps > many))
      return 0;
  return steps;
}

void mlir::lathe::kernel::planResultPrefetch(NestPlan &plan, NestOp nest,
                                             const VectorTarget &target) {
  AffineMap map = nest.getMap(nest.getInputs().size());
  auto type = cast<MemRefType>(nest.getInitOutput().getType());
  // Of one image, one token: unknown sizes count as 1.
  int64_t bytes = getElementBytes(type.getElementType());
  bool isLarge = false;
  for (int64_t size : type.getShape())
    isLarge |=
        !ShapedType::isDynamic(size) && llvm::MulOverflow(bytes, size, bytes);
  isLarge |= bytes > target.secondCacheBytes;
  plan.prefetchesResult = isLarge && countFewSteps(nest) > 0 &&
                          map.isFunctionOfDim(plan.rowDim) &&
                          map.getResults().back() ==
                              getAffineDimExpr(plan.laneDim, nest.getContext());
}

void NestEmitter::startPrefetch(int64_t rows) {
  // A single row at an edge leaves memory no time for the next panel.
  constexpr int64_t fewestRows = 2;
  prefetch = {};
  if (plan.prefetched < 0)
    return;
  Value panels = nest.getInputs()[plan.prefetched];
  auto type = cast<MemRefType>(panels.getType());
  bool flat = areFlat(type);
  // The rows of a panel, or those that follow each other in its last dimension
  // but one.
  int64_t rank = type.getRank();
  Value run =
      flat ? constant(type.getNumElements() / type.getDimSize(0) / panelColumns)
           : b.createOrFold<memref::DimOp>(panels, rank - 2);
  Value panel = plan.prefetchesNext && rows >= fewestRows
                    ? prefetchNextPanel(panels, run)
                    : prefetchSamePanel(type, run);
  SmallVector<ReassociationIndices> collapsed;
  if (flat) {
    Value begin = mul(panel, mul(run, constant(panelColumns)));
    prefetch.from = add(begin, prefetch.from);
    if (prefetch.last)
      prefetch.last = add(begin, prefetch.last);
    collapsed.emplace_back(llvm::to_vector(llvm::seq<int64_t>(rank)));
  } else {
    prefetch.panel = panel;
    for (int64_t dim : llvm::seq<int64_t>(rank - 2))
      collapsed.push_back({dim});
    collapsed.push_back({rank - 2, rank - 1});
  }
  prefetch.elements = memref::CollapseShapeOp::create(b, panels, collapsed);
}

Value NestEmitter::prefetchNextPanel(Value panels, Value run) {
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
      before = add(mul(before, axis.count), index);
      tiles = mul(tiles, axis.count);
    }
  }
  prefetch.step =
      b.createOrFold<arith::CeilDivUIOp>(constant(panelColumns), tiles);
  Value perTile = mul(prefetch.step, run);
  prefetch.from = b.createOrFold<arith::MinUIOp>(
      mul(before, perTile), sub(mul(run, constant(panelColumns)), perTile));
  Value next = add(
      b.createOrFold<arith::DivUIOp>(ivs[plan.laneDim], constant(panelColumns)),
      constant(1));
  // Behind the last panel there is nothing to ask for.
  return b.createOrFold<arith::MinUIOp>(
      next, sub(b.createOrFold<memref::DimOp>(panels, 0), constant(1)));
}

Value NestEmitter::prefetchSamePanel(MemRefType panels, Value run) {
  int64_t bytes = getElementBytes(panels.getElementType());
  Value lane = ivs[plan.laneDim], width = constant(panelColumns);
  prefetch.lines = llvm::divideCeil(laneBlock() * bytes, lineBytes);
  prefetch.step = width;
  prefetch.from = add(b.createOrFold<arith::RemUIOp>(lane, width),
                      constant(bytesAhead / bytes));
  prefetch.last = sub(mul(run, width), constant(laneBlock()));
  return b.createOrFold<arith::DivUIOp>(lane, width);
}

Value NestEmitter::countStepsBefore() {
  Value steps = constant(0);
  for (unsigned dim = numParallel; dim < nest.getNumDims(); ++dim)
    steps = add(mul(steps, constant(extents[dim])), ivs[dim]);
  return steps;
}

void NestEmitter::emitPrefetch() {
  if (!prefetch.elements)
    return;
  SmallVector<Value> place;
  Value step;
  if (prefetch.panel) {
    place = subscripts(plan.prefetched, 0, 0);
    place.front() = prefetch.panel;
    place.pop_back();
    step = place.pop_back_val();
  } else {
    step = countStepsBefore();
  }
  Value at = add(prefetch.from, mul(step, prefetch.step));
  if (prefetch.last)
    at = b.createOrFold<arith::MinUIOp>(at, prefetch.last);
  constexpr unsigned allCaches = 3;
  int64_t lineElements =
      lineBytes / getElementBytes(getElementTypeOrSelf(prefetch.elements));
  for (int64_t line = 0; line < prefetch.lines; ++line) {
    place.push_back(add(at, constant(line * lineElements)));
    memref::PrefetchOp::create(b, prefetch.elements, place, /*isWrite=*/false,
                               allCaches, /*isDataCache=*/true);
    place.pop_back();
  }
}

void NestEmitter::emitPrefetchOfResult(int64_t rows) {
  if (!plan.prefetchesResult)
    return;
  Value result = nest.getInitOutput();
  int64_t bytes = getElementBytes(getElementTypeOrSelf(result));
  int64_t lines = llvm::divideCeil(
      std::accumulate(widths.begin(), widths.end(), int64_t(0)) * bytes,
      lineBytes);
  // As many steps for each row, in turn for its lines.
  int64_t steps = countFewSteps(nest);
  if (steps < rows * lines)
    return;
  Value step = countStepsBefore();
  Value row = b.createOrFold<arith::DivUIOp>(mul(step, constant(rows)),
                                             constant(steps));
  Value line = b.createOrFold<arith::RemUIOp>(step, constant(lines));
  SmallVector<Value> tile = ivs;
  ivs[plan.rowDim] = add(ivs[plan.rowDim], row);
  ivs[plan.laneDim] =
      add(ivs[plan.laneDim], mul(line, constant(lineBytes / bytes)));
  constexpr unsigned allCaches = 3;
  memref::PrefetchOp::create(b, result,
                             subscripts(nest.getInputs().size(), 0, 0),
                             /*isWrite=*/true, allCaches, /*isDataCache=*/true);
  ivs = tile;
}

void NestEmitter::fetch(OpBuilder &at, unsigned input, ValueRange indices) {
  constexpr unsigned secondCache = 2;
  b.restoreInsertionPoint(at.saveInsertionPoint());
  ivs.assign(indices.begin(), indices.end());
  memref::PrefetchOp::create(b, nest.getInputs()[input],
                             subscripts(input, 0, 0), /*isWrite=*/false,
                             secondCache, /*isDataCache=*/true);
}
