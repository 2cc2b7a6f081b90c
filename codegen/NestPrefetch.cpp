//===- NestPrefetch.cpp - Fetches the panel that is read next -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights that no cache holds come from memory while the tiles of one panel are
// computed, instead of while the first of them waits for them. Each step of a
// reduction asks for an equal part of the next panel, so that memory is as busy
// at the last tile as at the first.
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
  for (auto [dim, size] : llvm::enumerate(nest.getStaticExtents()))
    if (!nest.getReductions()[dim] && static_cast<int64_t>(dim) != laneDim &&
        !nest.getMap(input).isFunctionOfDim(dim))
      rows =
          ShapedType::isDynamic(size) ? enough : std::min(enough, rows * size);
  return rows == enough;
}

int64_t mlir::lathe::kernel::findPrefetched(NestOp nest, const NestPlan &plan) {
  int64_t found = -1, most = 0, steps = 1;
  if (panelColumns % (plan.lanes * plan.laneVectors) != 0)
    return -1;
  for (auto [size, reduction] :
       llvm::zip(nest.getStaticExtents(), nest.getReductions()))
    steps = !reduction ? steps : ShapedType::isDynamic(size) ? 0 : steps * size;
  for (unsigned i = 0; i < nest.getInputs().size(); ++i) {
    auto type = cast<MemRefType>(nest.getInputs()[i].getType());
    AffineMap map = nest.getMap(i);
    if (!readsPanels(nest, i, plan.laneDim) || !type.hasStaticShape() ||
        type.getDimSize(type.getRank() - 1) != panelColumns ||
        !map.getResult(0).isFunctionOfDim(plan.laneDim) ||
        !isReadByManyRows(nest, i, plan.laneDim) ||
        type.getNumElements() != type.getDimSize(0) * steps * panelColumns)
      continue;
    int64_t bytes =
        type.getNumElements() * getElementBytes(type.getElementType());
    if (bytes > most) {
      found = i;
      most = bytes;
    }
  }
  return found;
}

void NestEmitter::startPrefetch(int64_t rows) {
  // Single rows at an edge keep memory busy all the time.
  constexpr int64_t fewestRows = 2;
  prefetch = {};
  if (plan.prefetched < 0 || rows < fewestRows)
    return;
  Value panels = nest.getInputs()[plan.prefetched];
  auto type = cast<MemRefType>(panels.getType());
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
  int64_t steps = type.getNumElements() / type.getDimSize(0) / panelColumns;
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
      b.createOrFold<arith::SubIOp>(constant(type.getNumElements()), perTile);
  if (!type.getLayout().isIdentity()) {
    // A part of each panel.
    prefetch.elements = panels;
    prefetch.panel =
        b.createOrFold<arith::MinUIOp>(next, constant(type.getDimSize(0) - 1));
    prefetch.from = b.createOrFold<arith::MulIOp>(before, perTile);
    return;
  }
  prefetch.from = b.createOrFold<arith::MinUIOp>(from, last);
  SmallVector<ReassociationIndices> one(1);
  llvm::append_range(one[0], llvm::seq<int64_t>(type.getRank()));
  prefetch.elements = memref::CollapseShapeOp::create(b, panels, one);
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
