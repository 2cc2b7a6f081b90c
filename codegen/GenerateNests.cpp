//===- GenerateNests.cpp - Writes loops and vector code for nests -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//
// A nest becomes loops over tiles. A tile is `rows` x `laneVectors` vectors of
// accumulators, carried through the reduction loops as loop values, finished
// and stored once. Tiles at the edges are written out apart, with the rows and
// the vector widths that are left, so that nothing is masked:
//
//   parallel over the outermost loops
//     for the other parallel dimensions
//       for blocks of lanes
//         for blocks of rows
//           accumulators = init
//           for the reductions: accumulators = reduce(inputs, accumulators)
//           output = finish(inputs, accumulators)
//
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "codegen/Passes.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_GENERATENESTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

// Waking a thread costs some ten microseconds: as long as a hundred thousand
// elementary operations take.
static constexpr int64_t leastWorkPerThread = 131072;

namespace {

/// One loop of the tile's surroundings.
struct Axis {
  enum Kind { plain, laneBlocks, rowBlocks } kind;
  unsigned dim;
  /// Iterations if known, else kDynamic.
  int64_t staticCount;
  Value count;
};

class NestEmitter {
public:
  NestEmitter(NestOp nest, const NestPlan &plan, bool parallel,
              OpBuilder &builder)
      : nest(nest), plan(plan), parallel(parallel), b(nest.getLoc(), builder),
        extents(nest.getStaticExtents()), ivs(nest.getNumDims()) {
    numParallel = llvm::count(nest.getReductions(), false);
  }

  /// Returns whether the nest was handed to several threads.
  bool emit() {
    collectAxes();
    unsigned shared = parallel ? countSharedAxes() : 0;
    if (shared == 0) {
      emitAxes(0);
      return false;
    }
    emitParallel(shared);
    return true;
  }

private:
  //===--- Loops around the tile ------------------------------------------===//

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  /// The extent of a dimension, read off an operand that has it.
  Value extent(unsigned dim) {
    if (!ShapedType::isDynamic(extents[dim]))
      return constant(extents[dim]);
    for (auto [i, operand] : llvm::enumerate(nest->getOperands()))
      for (auto [axis, result] : llvm::enumerate(nest.getMap(i).getResults()))
        if (result == b.getAffineDimExpr(dim))
          return memref::DimOp::create(b, operand, axis);
    llvm_unreachable("a dimension that no operand has");
  }

  Axis makeAxis(Axis::Kind kind, unsigned dim, int64_t step) {
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

  /// Elements of a full block along the lanes.
  int64_t laneBlock() const { return plan.lanes * plan.laneVectors; }
  bool hasLanesOutside() const {
    return plan.kind == NestPlan::Kind::parallelLanes;
  }

  void collectAxes() {
    for (unsigned dim = 0; dim < numParallel; ++dim)
      if (static_cast<int64_t>(dim) != plan.rowDim &&
          !(hasLanesOutside() && static_cast<int64_t>(dim) == plan.laneDim))
        axes.push_back(makeAxis(Axis::plain, dim, 1));
    if (hasLanesOutside())
      axes.push_back(makeAxis(Axis::laneBlocks, plan.laneDim, laneBlock()));
    if (plan.rowDim >= 0)
      axes.push_back(makeAxis(Axis::rowBlocks, plan.rowDim, plan.rows));
  }

  /// Work of the whole nest as far as it is static; dynamic extents count 1.
  int64_t staticWork() {
    int64_t work = countWork(nest);
    for (int64_t size : extents)
      if (!ShapedType::isDynamic(size))
        work = llvm::SaturatingMultiply<uint64_t>(work, size);
    return work;
  }

  /// How many of the outermost axes are shared out among threads: enough for
  /// an even partition, none if the nest is too small to gain by it.
  unsigned countSharedAxes() {
    constexpr int64_t enough = 64;
    bool anyDynamic = llvm::is_contained(extents, ShapedType::kDynamic);
    if (axes.empty() || (!anyDynamic && staticWork() < 2 * leastWorkPerThread))
      return 0;
    int64_t count = 1;
    for (auto [i, axis] : llvm::enumerate(axes)) {
      if (!ShapedType::isDynamic(axis.staticCount))
        count *= axis.staticCount;
      if (count >= enough)
        return i + 1;
    }
    return axes.size();
  }

  void emitParallel(unsigned shared) {
    Value count = constant(1);
    int64_t staticCount = 1;
    for (const Axis &axis : ArrayRef(axes).take_front(shared)) {
      count = b.createOrFold<arith::MulIOp>(count, axis.count);
      if (!ShapedType::isDynamic(axis.staticCount))
        staticCount *= axis.staticCount;
    }
    // Work of one iteration, were each dynamic extent 1.
    int64_t work = std::max<int64_t>(1, staticWork() / staticCount);
    Value grain = constant(llvm::divideCeil(leastWorkPerThread, work));
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

  void emitAxes(unsigned next) {
    if (next == axes.size())
      return emitEdges();
    auto loop =
        scf::ForOp::create(b, constant(0), axes[next].count, constant(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    blockIndices.push_back(loop.getInductionVar());
    emitAxes(next + 1);
    blockIndices.pop_back();
  }

  //===--- Full tiles and edges -------------------------------------------===//

  /// Emits `full` where the block at `index` is whole and `edge` where it is
  /// the last, shorter one.
  void emitWholeOrEdge(unsigned dim, Value index, int64_t step,
                       function_ref<void(Value)> full,
                       function_ref<void(Value)> edge) {
    Value start = b.createOrFold<arith::MulIOp>(index, constant(step));
    int64_t size = extents[dim];
    bool isStatic = !ShapedType::isDynamic(size);
    if (isStatic && size % step == 0)
      return full(start);
    if (isStatic && size < step)
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

  void emitEdges() {
    for (auto [axis, index] : llvm::zip(axes, blockIndices))
      if (axis.kind == Axis::plain)
        ivs[axis.dim] = index;
    emitLaneBlock();
  }

  Value blockIndex(Axis::Kind kind) {
    for (auto [axis, index] : llvm::zip(axes, blockIndices))
      if (axis.kind == kind)
        return index;
    return {};
  }

  void emitLaneBlock() {
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
        return emitEachLane(start);
      // What is left: full vectors and one of the width that remains.
      int64_t left = extents[plan.laneDim] % laneBlock();
      widths.assign(left / plan.lanes, plan.lanes);
      if (left % plan.lanes)
        widths.push_back(left % plan.lanes);
      ivs[plan.laneDim] = start;
      emitRowBlock();
    };
    emitWholeOrEdge(plan.laneDim, index, laneBlock(), full, edge);
  }

  /// The last lanes of a dynamic dimension, one at a time.
  void emitEachLane(Value start) {
    auto loop = scf::ForOp::create(b, start, extent(plan.laneDim), constant(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    widths = {1};
    ivs[plan.laneDim] = loop.getInductionVar();
    emitRowBlock();
  }

  void emitRowBlock() {
    Value index = blockIndex(Axis::rowBlocks);
    if (!index)
      return emitTile(1);
    auto full = [&](Value start) {
      ivs[plan.rowDim] = start;
      emitTile(plan.rows);
    };
    auto edge = [&](Value start) {
      if (!ShapedType::isDynamic(extents[plan.rowDim])) {
        ivs[plan.rowDim] = start;
        return emitTile(extents[plan.rowDim] % plan.rows);
      }
      auto loop =
          scf::ForOp::create(b, start, extent(plan.rowDim), constant(1));
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      ivs[plan.rowDim] = loop.getInductionVar();
      emitTile(1);
    };
    emitWholeOrEdge(plan.rowDim, index, plan.rows, full, edge);
  }

  //===--- The tile -------------------------------------------------------===//

  Type typeOf(Type element, int64_t width) {
    return width == 1 ? element : VectorType::get(width, element);
  }

  Value splat(Attribute value, int64_t width) {
    auto typed = cast<TypedAttr>(value);
    if (width == 1)
      return arith::ConstantOp::create(b, typed);
    auto type = VectorType::get(width, typed.getType());
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, value));
  }

  void emitTile(int64_t rows) {
    bool lanesInReduction = plan.kind == NestPlan::Kind::reductionLanes;
    SmallVector<Value> accumulators;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t width : widths)
        accumulators.push_back(splat(nest.getInit(), width));
    if (lanesInReduction)
      accumulators = {emitLaneReduction()};
    else if (nest.hasReduction())
      accumulators = emitReductions(numParallel, rows, accumulators);
    unsigned next = 0;
    Loads loads;
    for (int64_t row = 0; row < rows; ++row) {
      int64_t lane = 0;
      for (int64_t width : widths) {
        Value result = applyRegion(nest.getFinish(), row, lane, width,
                                   accumulators[next++], loads);
        store(result, row, lane, width);
        lane += width;
      }
    }
  }

  /// The reduction loops from dimension `dim` on, around the tile's update.
  SmallVector<Value> emitReductions(unsigned dim, int64_t rows,
                                    ValueRange accumulators) {
    if (dim == nest.getNumDims()) {
      SmallVector<Value> updated;
      Loads loads;
      for (int64_t row = 0; row < rows; ++row) {
        int64_t lane = 0;
        for (int64_t width : widths) {
          updated.push_back(applyRegion(nest.getReduce(), row, lane, width,
                                        accumulators[updated.size()], loads));
          lane += width;
        }
      }
      return updated;
    }
    if (extents[dim] == 1) {
      ivs[dim] = constant(0);
      return emitReductions(dim + 1, rows, accumulators);
    }
    auto loop = scf::ForOp::create(b, constant(0), extent(dim), constant(1),
                                   accumulators);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    ivs[dim] = loop.getInductionVar();
    SmallVector<Value> updated =
        emitReductions(dim + 1, rows, loop.getRegionIterArgs());
    scf::YieldOp::create(b, updated);
    return loop.getResults();
  }

  //===--- Lanes along a reduction ----------------------------------------===//

  /// The neutral element of the op that combines lanes.
  Attribute neutral(Operation *combiner, FloatType type) {
    const llvm::fltSemantics &semantics = type.getFloatSemantics();
    if (isa<arith::MulFOp>(combiner))
      return b.getFloatAttr(type, 1.0);
    if (isa<arith::MaximumFOp>(combiner))
      return b.getFloatAttr(type, APFloat::getInf(semantics, true));
    if (isa<arith::MinimumFOp>(combiner))
      return b.getFloatAttr(type, APFloat::getInf(semantics, false));
    return b.getFloatAttr(type, 0.0);
  }

  static vector::CombiningKind combiningKind(Operation *combiner) {
    if (isa<arith::MulFOp>(combiner))
      return vector::CombiningKind::MUL;
    if (isa<arith::MaximumFOp>(combiner))
      return vector::CombiningKind::MAXIMUMF;
    if (isa<arith::MinimumFOp>(combiner))
      return vector::CombiningKind::MINIMUMF;
    return vector::CombiningKind::ADD;
  }

  /// One scalar: lanes of the last reduction are folded side by side, then
  /// across, then the elements that fill no vector one by one.
  Value emitLaneReduction() {
    Operation *combiner =
        nest.getReduce().front().getTerminator()->getOperand(0).getDefiningOp();
    auto type = cast<FloatType>(combiner->getResult(0).getType());
    widths = {plan.lanes};
    SmallVector<Value> sides =
        emitLaneLoop(numParallel, {splat(neutral(combiner, type), plan.lanes),
                                   splat(nest.getInit(), 1)});
    widths = {1};
    Value across =
        vector::ReductionOp::create(b, combiningKind(combiner), sides[0]);
    OperationState state(nest.getLoc(), combiner->getName());
    state.addOperands({sides[1], across});
    state.addTypes(type);
    return b.create(state)->getResult(0);
  }

  /// The loops of a reduction along lanes; carries {vector, scalar}.
  SmallVector<Value> emitLaneLoop(unsigned dim, ValueRange carried) {
    bool innermost = dim + 1 == nest.getNumDims();
    Value size = extent(dim);
    Value whole = size;
    if (innermost) {
      Value lanes = constant(plan.lanes);
      Value rest = b.createOrFold<arith::RemUIOp>(size, lanes);
      whole = b.createOrFold<arith::SubIOp>(size, rest);
    }
    Value step = constant(innermost ? plan.lanes : 1);
    auto loop = scf::ForOp::create(b, constant(0), whole, step, carried);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      ivs[dim] = loop.getInductionVar();
      SmallVector<Value> updated(loop.getRegionIterArgs());
      if (!innermost) {
        updated = emitLaneLoop(dim + 1, updated);
      } else {
        Loads loads;
        updated[0] =
            applyRegion(nest.getReduce(), 0, 0, plan.lanes, updated[0], loads);
      }
      scf::YieldOp::create(b, updated);
    }
    if (!innermost)
      return loop.getResults();
    auto tail = scf::ForOp::create(b, whole, size, constant(1),
                                   ValueRange(loop.getResult(1)));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tail.getBody());
    ivs[dim] = tail.getInductionVar();
    Loads loads;
    scf::YieldOp::create(b, applyRegion(nest.getReduce(), 0, 0, 1,
                                        tail.getRegionIterArg(0), loads));
    return {loop.getResult(0), tail.getResult(0)};
  }

  //===--- Elements -------------------------------------------------------===//

  /// Values loaded in the present block, by input, row and lane.
  using Loads = llvm::DenseMap<std::tuple<unsigned, int64_t, int64_t>, Value>;

  /// The subscripts of an operand at a row and lane of the tile.
  SmallVector<Value> subscripts(unsigned operand, int64_t row, int64_t lane) {
    AffineMap map = nest.getMap(operand);
    SmallVector<AffineExpr> shifted;
    for (unsigned dim = 0; dim < nest.getNumDims(); ++dim) {
      int64_t by = static_cast<int64_t>(dim) == plan.rowDim    ? row
                   : static_cast<int64_t>(dim) == plan.laneDim ? lane
                                                               : 0;
      shifted.push_back(b.getAffineDimExpr(dim) + by);
    }
    SmallVector<OpFoldResult> operands;
    for (unsigned dim = 0; dim < nest.getNumDims(); ++dim)
      operands.push_back(ivs[dim] ? OpFoldResult(ivs[dim]) : b.getIndexAttr(0));
    SmallVector<Value> indices;
    for (AffineExpr result : map.getResults()) {
      OpFoldResult index = affine::makeComposedFoldedAffineApply(
          b, nest.getLoc(),
          AffineMap::get(nest.getNumDims(), 0, result.replaceDims(shifted)),
          operands);
      indices.push_back(
          getValueOrCreateConstantIndexOp(b, nest.getLoc(), index));
    }
    return indices;
  }

  Value load(unsigned input, int64_t row, int64_t lane, int64_t width,
             Loads &loads) {
    AffineMap map = nest.getMap(input);
    bool byRow = plan.rowDim >= 0 && map.isFunctionOfDim(plan.rowDim);
    bool byLane = plan.laneDim >= 0 && map.isFunctionOfDim(plan.laneDim);
    auto key = std::make_tuple(input, byRow ? row : 0, byLane ? lane : -1);
    Value &value = loads[key];
    if (value)
      return value;
    Value memref = nest.getInputs()[input];
    Type element = getElementTypeOrSelf(memref);
    Access access = width == 1 ? Access::uniform
                               : classifyAccess(nest, input, plan.laneDim);
    switch (access) {
    case Access::uniform:
      value = memref::LoadOp::create(b, memref, subscripts(input, row, lane));
      break;
    case Access::contiguous:
      value = vector::LoadOp::create(b, VectorType::get(width, element), memref,
                                     subscripts(input, row, lane));
      break;
    case Access::strided: {
      SmallVector<Value> elements;
      for (int64_t i = 0; i < width; ++i)
        elements.push_back(memref::LoadOp::create(
            b, memref, subscripts(input, row, lane + i)));
      value = vector::FromElementsOp::create(b, VectorType::get(width, element),
                                             elements);
    }
    }
    return value;
  }

  void store(Value value, int64_t row, int64_t lane, int64_t width) {
    unsigned output = nest.getInputs().size();
    SmallVector<Value> indices = subscripts(output, row, lane);
    if (width == 1)
      memref::StoreOp::create(b, value, nest.getInitOutput(), indices);
    else
      vector::StoreOp::create(b, value, nest.getInitOutput(), indices);
  }

  Value widen(Value value, int64_t width) {
    if (width == 1 || isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(
        b, VectorType::get(width, value.getType()), value);
  }

  /// Applies a region's scalar code to vectors of `width` lanes.
  Value applyRegion(Region &region, int64_t row, int64_t lane, int64_t width,
                    Value accumulator, Loads &loads) {
    Block &block = region.front();
    IRMapping mapping;
    mapping.map(block.getArguments().back(), accumulator);
    for (BlockArgument argument : block.getArguments().drop_back())
      if (!argument.use_empty())
        mapping.map(argument,
                    load(argument.getArgNumber(), row, lane, width, loads));
    for (Operation &op : block.without_terminator()) {
      if (auto index = dyn_cast<IndexOp>(op)) {
        mapping.map(index.getResult(), dimIndex(index.getDim(), row, lane));
        continue;
      }
      bool isScalar = width == 1 || isa<arith::ConstantOp>(op);
      if (!isScalar)
        for (Value operand : op.getOperands())
          mapping.map(operand, widen(mapping.lookupOrDefault(operand), width));
      Operation *copy = b.clone(op, mapping);
      if (!isScalar)
        for (OpResult result : copy->getResults())
          result.setType(typeOf(result.getType(), width));
      allowContraction(copy);
    }
    return widen(mapping.lookupOrDefault(block.getTerminator()->getOperand(0)),
                 width);
  }

  Value dimIndex(unsigned dim, int64_t row, int64_t lane) {
    int64_t by = static_cast<int64_t>(dim) == plan.rowDim    ? row
                 : static_cast<int64_t>(dim) == plan.laneDim ? lane
                                                             : 0;
    return b.createOrFold<arith::AddIOp>(ivs[dim], constant(by));
  }

  /// A product and a sum may become one rounding: the only liberty taken with
  /// floating point.
  void allowContraction(Operation *op) {
    if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(op))
      op->setAttr(cast<arith::ArithFastMathInterface>(op).getFastMathAttrName(),
                  arith::FastMathFlagsAttr::get(
                      b.getContext(), arith::FastMathFlags::contract));
  }

  NestOp nest;
  const NestPlan &plan;
  bool parallel;
  ImplicitLocOpBuilder b;
  SmallVector<int64_t> extents;
  unsigned numParallel;
  SmallVector<Axis> axes;
  /// The index of each axis, as far as the loops are written.
  SmallVector<Value> blockIndices;
  /// The index of each dimension at the tile's first row and lane.
  SmallVector<Value> ivs;
  /// Vector widths of the present tile, along the lanes.
  SmallVector<int64_t> widths;
};

struct GenerateNestsPass : lathe::impl::GenerateNestsBase<GenerateNestsPass> {
  using GenerateNestsBase::GenerateNestsBase;

  void runOnOperation() override {
    SmallVector<NestOp> nests;
    getOperation().walk([&](NestOp nest) { nests.push_back(nest); });
    IRRewriter rewriter(&getContext());
    for (NestOp nest : nests) {
      nest = normaliseNest(rewriter, nest);
      NestPlan plan =
          vectorise ? planNest(nest, {vectorBytes, registers}) : NestPlan();
      rewriter.setInsertionPoint(nest);
      bool shared = NestEmitter(nest, plan, parallel, rewriter).emit();
      ++(plan.kind == NestPlan::Kind::scalar ? scalar : vectorised);
      parallelised += shared;
      rewriter.eraseOp(nest);
    }
  }
};
} // namespace
