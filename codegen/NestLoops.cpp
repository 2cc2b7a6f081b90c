//===- NestLoops.cpp - The loops around the tile of a nest ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestEmitter.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lathe::kernel;

bool NestEmitter::emit() {
  collectAxes();
  unsigned shared = parallel ? countSharedAxes() : 0;
  if (shared == 0) {
    emitAxes(0);
    return false;
  }
  emitParallel(shared);
  return true;
}

Value NestEmitter::extent(unsigned dim) {
  if (!ShapedType::isDynamic(extents[dim]))
    return constant(extents[dim]);
  return createExtent(b, nest, dim);
}

NestEmitter::Axis NestEmitter::makeAxis(Axis::Kind kind, unsigned dim,
                                        int64_t step) {
  int64_t size = extents[dim];
  if (!ShapedType::isDynamic(size)) {
    int64_t count = llvm::divideCeil(size, step);
    return {kind, dim, count, constant(count)};
  }
  Value count = extent(dim);
  if (step != 1)
    count = arith::CeilDivUIOp::create(b, count, constant(step));
  return {kind, dim, ShapedType::kDynamic, count};
}

NestEmitter::Axis NestEmitter::makeGroups() {
  return makeAxis(Axis::rowGroups, plan.rowDim, plan.rows * plan.tilesTogether);
}

bool NestEmitter::isOutsideLanes(unsigned dim) {
  if (!plan.lanesOutside)
    return true;
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    if (isReadByLanes(nest, i, plan.laneDim) &&
        nest.getMap(i).isFunctionOfDim(dim))
      return true;
  return false;
}

void NestEmitter::collectAxes() {
  SmallVector<Axis> inside;
  for (unsigned dim = 0; dim < numParallel; ++dim)
    if (static_cast<int64_t>(dim) != plan.rowDim &&
        !(hasLanesOutside() && static_cast<int64_t>(dim) == plan.laneDim))
      (isOutsideLanes(dim) ? axes : inside)
          .push_back(makeAxis(Axis::plain, dim, 1));
  if (plan.tilesTogether > 0)
    axes.push_back(
        makeAxis(Axis::rowGroups, plan.rowDim, plan.rows * plan.tilesTogether));
  if (hasLanesOutside())
    axes.push_back(makeAxis(Axis::laneBlocks, plan.laneDim, laneBlock()));
  llvm::append_range(axes, inside);
  if (plan.rowDim >= 0)
    axes.push_back(makeAxis(Axis::rowBlocks, plan.rowDim, plan.rows));
}

int64_t NestEmitter::staticWork() {
  int64_t work = countWork(nest);
  for (int64_t size : extents)
    if (!ShapedType::isDynamic(size))
      work = llvm::SaturatingMultiply<uint64_t>(work, size);
  return work;
}

Value NestEmitter::emitWork() {
  Value work = constant(std::max<int64_t>(1, staticWork()));
  for (auto [dim, size] : llvm::enumerate(extents))
    if (ShapedType::isDynamic(size)) {
      // An extent of 0 leaves nothing to share out.
      Value atLeastOne = arith::MaxUIOp::create(b, extent(dim), constant(1));
      work = arith::MulIOp::create(b, work, atLeastOne);
    }
  return work;
}

unsigned NestEmitter::countSharedAxes() {
  constexpr int64_t enough = 64;
  bool anyDynamic = llvm::is_contained(extents, ShapedType::kDynamic);
  if (axes.empty() || (!anyDynamic && staticWork() < 2 * plan.leastThreadWork))
    return 0;
  // Several threads have all of an image's rows.
  auto imageRows = nest->getAttrOfType<IntegerAttr>(imageRowsAttr);
  int64_t count = 1;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    // The last group may have fewer blocks.
    if (axis.kind == Axis::rowBlocks && plan.tilesTogether > 0)
      return i;
    if (!ShapedType::isDynamic(axis.staticCount))
      count *= axis.staticCount;
    else if (imageRows)
      count *= imageRows.getInt();
    if (count >= enough)
      return i + 1;
  }
  return axes.size();
}

void NestEmitter::emitParallel(unsigned shared) {
  Value count = constant(1);
  for (const Axis &axis : ArrayRef(axes).take_front(shared))
    count = b.createOrFold<arith::MulIOp>(count, axis.count);
  // As many iterations as are worth a thread: count * least / work.
  Value grain = b.createOrFold<arith::CeilDivUIOp>(
      b.createOrFold<arith::MulIOp>(count, constant(plan.leastThreadWork)),
      emitWork());
  auto loop = ParallelOp::create(b, count, grain);
  OpBuilder::InsertionGuard guard(b);
  Block *body =
      b.createBlock(&loop.getBody(), {}, b.getIndexType(), nest.getLoc());
  Value rest = body->getArgument(0);
  SmallVector<Value> indices(shared);
  for (unsigned i = shared; i-- > 1;) {
    indices[i] = arith::RemUIOp::create(b, rest, axes[i].count);
    rest = arith::DivUIOp::create(b, rest, axes[i].count);
  }
  indices[0] = rest;
  for (auto [i, index] : llvm::enumerate(indices))
    blockIndices.push_back(index);
  emitAxes(shared);
  b.setInsertionPointToEnd(body);
  YieldOp::create(b, ValueRange());
}

void NestEmitter::emitAxes(unsigned next) {
  if (next == axes.size())
    return emitEdges();
  if (axes[next].kind == Axis::rowBlocks && plan.tilesTogether > 0)
    firstBlock = enterGroup(axes[next]);
  auto loop = scf::ForOp::create(b, constant(0), axes[next].count, constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  blockIndices.push_back(loop.getInductionVar());
  emitAxes(next + 1);
  blockIndices.pop_back();
}

Value NestEmitter::enterGroup(Axis &rowBlocks) {
  Axis all = makeAxis(Axis::rowBlocks, plan.rowDim, plan.rows);
  // Groups are as large as each other, but for the last one.
  Value groups = makeGroups().count;
  Value each = b.createOrFold<arith::CeilDivUIOp>(all.count, groups);
  Value index = blockIndex(Axis::rowGroups);
  Value first = b.createOrFold<arith::MulIOp>(index, each);
  Value left = b.createOrFold<arith::MaxSIOp>(
      b.createOrFold<arith::SubIOp>(all.count, first), constant(0));
  rowBlocks.count = b.createOrFold<arith::MinUIOp>(left, each);
  return first;
}

void NestEmitter::emitWholeOrEdge(unsigned dim, Value index, int64_t step,
                                  function_ref<void(Value)> full,
                                  function_ref<void(Value)> edge) {
  Value start = b.createOrFold<arith::MulIOp>(index, constant(step));
  int64_t size = extents[dim];
  if (factors[dim] % step == 0)
    return full(start);
  if (!ShapedType::isDynamic(size) && size < step)
    return edge(start);
  Value end = arith::AddIOp::create(b, start, constant(step));
  Value whole =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ule, end, extent(dim));
  auto choice = scf::IfOp::create(b, whole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  full(start);
  b.setInsertionPointToStart(choice.elseBlock());
  edge(start);
}

void NestEmitter::emitEdges() {
  for (auto [axis, index] : llvm::zip(axes, blockIndices))
    if (axis.kind == Axis::plain)
      ivs[axis.dim] = index;
  emitLaneBlock();
}

Value NestEmitter::blockIndex(Axis::Kind kind) {
  for (auto [axis, index] : llvm::zip(axes, blockIndices))
    if (axis.kind == kind)
      return index;
  return {};
}

void NestEmitter::emitLaneBlock() {
  Value index = blockIndex(Axis::laneBlocks);
  if (!index) {
    widths = {1};
    return emitRowBlock();
  }
  auto full = [&](Value start) {
    widths.assign(plan.laneVectors, plan.lanes);
    ivs[plan.laneDim] = start;
    emitRowBlock();
  };
  auto edge = [&](Value start) {
    if (ShapedType::isDynamic(extents[plan.laneDim]))
      return emitLastLanes(start);
    emitKnownLanes(start);
  };
  emitWholeOrEdge(plan.laneDim, index, laneBlock(), full, edge);
}

void NestEmitter::maskLast(int64_t first, Value lanes, int64_t count) {
  widths.push_back(plan.lanes);
  mask = lanes;
  maskedLane = first;
  maskedCount = count;
}

SmallVector<int64_t> NestEmitter::splitLast(int64_t last) {
  SmallVector<int64_t> widths;
  while (last > 0) {
    widths.push_back(plan.powersOnly ? llvm::bit_floor(uint64_t(last)) : last);
    last -= widths.back();
  }
  return widths;
}

void NestEmitter::emitKnownLanes(Value start) {
  int64_t left = extents[plan.laneDim] % laneBlock();
  int64_t last = left % plan.lanes;
  widths.assign(left / plan.lanes, plan.lanes);
  ivs[plan.laneDim] = start;
  auto maskType = VectorType::get(plan.lanes, b.getI1Type());
  // Half a vector, a quarter, ... are vectors, too.
  if (plan.masksStatic && !llvm::isPowerOf2_64(last) && last > 0)
    maskLast(left - last, vector::ConstantMaskOp::create(b, maskType, last),
             last);
  else
    for (int64_t width : splitLast(last))
      widths.push_back(width);
  emitRowBlock();
  mask = Value();
}

Value NestEmitter::lastWhole(unsigned dim, Value start, int64_t step) {
  Value left = arith::SubIOp::create(b, extent(dim), start);
  Value count = arith::DivUIOp::create(b, left, constant(step));
  Value covered = arith::MulIOp::create(b, count, constant(step));
  return arith::AddIOp::create(b, start, covered);
}

void NestEmitter::emitBlocks(unsigned dim, Value start, Value end, int64_t step,
                             function_ref<void()> body) {
  auto loop = scf::ForOp::create(b, start, end, constant(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  ivs[dim] = loop.getInductionVar();
  body();
}

void NestEmitter::emitLastLanes(Value start) {
  unsigned dim = plan.laneDim;
  Value end = extent(dim);
  auto emitWidth = [&](int64_t width) {
    widths = {width};
    emitRowBlock();
  };
  if (factors[dim] % plan.lanes == 0)
    return emitBlocks(dim, start, end, plan.lanes,
                      [&] { emitWidth(plan.lanes); });
  if (plan.masksDynamic)
    return emitBlocks(dim, start, end, plan.lanes, [&] {
      Value left = arith::SubIOp::create(b, end, ivs[dim]);
      auto maskType = VectorType::get(plan.lanes, b.getI1Type());
      widths.clear();
      maskLast(0, vector::CreateMaskOp::create(b, maskType, left), 0);
      emitRowBlock();
      mask = Value();
    });
  // Each width is the whole tile once more, so there are but a few of them.
  SmallVector<int64_t> steps = {std::min<int64_t>(plan.lanes, 4), 1};
  if (plan.laneVectors > 1 && plan.lanes > steps.front())
    steps.insert(steps.begin(), plan.lanes);
  for (int64_t width : steps) {
    Value last = lastWhole(dim, start, width);
    emitBlocks(dim, start, last, width, [&] { emitWidth(width); });
    start = last;
  }
}

void NestEmitter::emitRowBlock() {
  Value index = blockIndex(Axis::rowBlocks);
  if (!index)
    return emitTile(1);
  if (firstBlock)
    index = b.createOrFold<arith::AddIOp>(firstBlock, index);
  auto full = [&](Value start) {
    ivs[plan.rowDim] = start;
    emitTile(plan.rows);
  };
  auto edge = [&](Value start) {
    if (ShapedType::isDynamic(extents[plan.rowDim]))
      return emitLastRows(start);
    ivs[plan.rowDim] = start;
    emitTile(extents[plan.rowDim] % plan.rows);
  };
  emitWholeOrEdge(plan.rowDim, index, plan.rows, full, edge);
}

void NestEmitter::emitLastRows(Value start) {
  unsigned dim = plan.rowDim;
  // The number of rows that are left is a multiple of it.
  int64_t unit = std::gcd(factors[dim], plan.rows);
  // Powers of two: as many rows as a tile of them has read the weights once.
  bool halves = unit % std::max<int64_t>(1, plan.rows / 2) == 0;
  int64_t most = halves ? plan.rows / 2
                        : static_cast<int64_t>(llvm::bit_floor(
                              static_cast<uint64_t>(plan.rows - 1)));
  for (int64_t rows = most; rows > 0; rows /= 2) {
    bool leavesNone = unit % rows == 0;
    Value end = leavesNone ? extent(dim) : lastWhole(dim, start, rows);
    emitBlocks(dim, start, end, rows, [&] { emitTile(rows); });
    if (leavesNone)
      return;
    start = end;
    unit = std::gcd(unit, rows);
  }
}
