//===- NestEmitter.h - Writes the loops and vector code of a nest ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A nest becomes loops over tiles. A tile is `rows` x `laneVectors` vectors of
// accumulators, carried through the reduction loops as loop values, finished
// and stored once. Tiles at the edges are written out apart, with the rows and
// the vectors that are left; only a last vector is ever masked:
//
//   parallel over the outermost loops
//     for parallel dimensions
//       for groups of blocks of rows
//       for blocks of lanes
//         for parallel dimensions that the lanes' operand does not depend on
//         for blocks of rows
//           accumulators = init
//           for the reductions: accumulators = reduce(inputs, accumulators)
//           output = finish(inputs, accumulators)
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_NESTEMITTER_H
#define LATHE_CODEGEN_NESTEMITTER_H

#include "codegen/NestPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe::kernel {

/// Writes one nest by its plan, at the place of `builder`. The loops stand in
/// NestLoops.cpp, the tile in NestTile.cpp, prefetches in NestPrefetch.cpp.
class NestEmitter {
public:
  NestEmitter(NestOp nest, const NestPlan &plan, bool parallel,
              OpBuilder &builder)
      : nest(nest), plan(plan), parallel(parallel), b(nest.getLoc(), builder),
        extents(nest.getStaticExtents()), factors(getExtentFactors(nest)),
        ivs(nest.getNumDims()) {
    numParallel = llvm::count(nest.getReductions(), false);
  }

  /// Returns whether the nest was handed to several threads.
  bool emit();

  /// For tiles that others write: what scalar code on the nest's inputs, and an
  /// accumulator or null, yields for the plan's lanes from the element at these
  /// indices on, of which `mask` says which ones there are, or is null.
  Value evaluate(OpBuilder &at, Region &region, ValueRange indices, Value mask,
                 Value accumulator);
  /// The same of the nest's own code for what it has summed up, and stores it.
  void finish(OpBuilder &at, ValueRange indices, Value mask, Value sum);
  /// Brings an element of an input into the second-level cache.
  void fetch(OpBuilder &at, unsigned input, ValueRange indices);

private:
  /// Values loaded in the present block, by input and the map that led to them.
  using Loads = llvm::DenseMap<std::pair<unsigned, AffineMap>, Value>;

  /// One loop of the tile's surroundings.
  struct Axis {
    enum Kind { plain, rowGroups, laneBlocks, rowBlocks } kind;
    unsigned dim;
    /// Iterations if known, else kDynamic.
    int64_t staticCount;
    Value count;
  };

  //===--- Loops around the tile ------------------------------------------===//

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(x, y); }
  Value sub(Value x, Value y) { return b.createOrFold<arith::SubIOp>(x, y); }
  Value mul(Value x, Value y) { return b.createOrFold<arith::MulIOp>(x, y); }

  /// The extent of a dimension, read off an operand that has it.
  Value extent(unsigned dim);

  Axis makeAxis(Axis::Kind kind, unsigned dim, int64_t step);
  /// The loop over groups of blocks of rows.
  Axis makeGroups();

  /// Elements of a full block along the lanes.
  int64_t laneBlock() const { return plan.lanes * plan.laneVectors; }
  bool hasLanesOutside() const {
    return plan.kind == NestPlan::Kind::parallelLanes;
  }

  /// Whether the loop over a dimension stands outside of that over lanes.
  bool isOutsideLanes(unsigned dim);
  void collectAxes();

  /// Work of the whole nest as far as it is static; dynamic extents count 1.
  int64_t staticWork();
  /// Work of the whole nest, known when running.
  Value emitWork();

  /// How many of the outermost axes are shared out among threads: enough for
  /// an even partition, none if the nest is too small to gain by it.
  unsigned countSharedAxes();

  void emitParallel(unsigned shared);

  void emitAxes(unsigned next);

  /// Blocks of rows of the present group: from the one returned on, as many as
  /// become the axis's count.
  Value enterGroup(Axis &rowBlocks);

  //===--- Full tiles and edges -------------------------------------------===//

  /// Emits `full` where the block at `index` is whole and `edge` where it is
  /// the last, shorter one.
  void emitWholeOrEdge(unsigned dim, Value index, int64_t step,
                       function_ref<void(Value)> full,
                       function_ref<void(Value)> edge);

  void emitEdges();

  Value blockIndex(Axis::Kind kind);

  void emitLaneBlock();

  /// The last lanes of a static dimension: full vectors and one more.
  void emitKnownLanes(Value start);

  /// The widths of the vectors that so few lanes become.
  SmallVector<int64_t> splitLast(int64_t last);

  /// The last lanes of a dynamic dimension, whose number is not known here:
  /// vector by vector, the last one masked, or where there are no masks, then
  /// four at a time and one at a time.
  void emitLastLanes(Value start);

  /// Where the last whole block of `step` ends, of those that begin at `start`.
  Value lastWhole(unsigned dim, Value start, int64_t step);

  /// Sets a dimension's index to `start`, `start` + `step`, ... below `end`.
  void emitBlocks(unsigned dim, Value start, Value end, int64_t step,
                  function_ref<void()> body);

  /// Makes the lanes from `first` on a vector of which `mask` says which ones
  /// there are: `count` of them, or an unknown number.
  void maskLast(int64_t first, Value mask, int64_t count);

  /// Whether the vector that begins at `lane` of the tile is masked.
  bool isMasked(int64_t lane) const { return mask && lane == maskedLane; }

  void emitRowBlock();

  /// The last rows of a dynamic dimension: by powers of two, or by half a tile,
  /// a quarter, ... where that leaves none.
  void emitLastRows(Value start);

  //===--- The tile -------------------------------------------------------===//

  Type typeOf(Type element, int64_t width) {
    return width == 1 ? element : VectorType::get(width, element);
  }

  Value splat(Attribute value, int64_t width);

  void emitTile(int64_t rows);
  /// Loads the inputs that a square tile transposes.
  void loadSquares(Loads &loads);

  /// The reduction loops from dimension `dim` on, around the tile's update.
  SmallVector<Value> emitReductions(unsigned dim, int64_t rows,
                                    ValueRange accumulators);

  /// Folds the steps of the reductions from dimension `dim` on, which are
  /// written out, into the accumulator of a row and a vector.
  Value emitSteps(unsigned dim, int64_t row, int64_t lane, int64_t width,
                  Value accumulator, Loads &loads);

  //===--- Prefetching (NestPrefetch.cpp) ---------------------------------===//

  /// Says what the reduction of the present tile is to prefetch, if anything.
  void startPrefetch(int64_t rows);
  /// Say what to ask for inside a panel whose rows follow each other in runs
  /// of `run`, and return the panel.
  Value prefetchNextPanel(Value panels, Value run);
  Value prefetchSamePanel(MemRefType panels, Value run);
  /// The steps of a reduction of known extents before the present one.
  Value countStepsBefore();
  /// Prefetches the part of the present step of the reduction, and of the
  /// result of a tile of so many rows.
  void emitPrefetch();
  void emitPrefetchOfResult(int64_t rows);

  //===--- Lanes along a reduction ----------------------------------------===//

  /// The neutral element of the op that combines lanes.
  Attribute neutral(Operation *combiner);

  /// The same op on other values.
  Value combine(Operation *combiner, Value left, Value right);

  /// One scalar: lanes of the last reduction are folded side by side, in a few
  /// vectors, and then across; the elements that fill no vector one by one.
  Value emitLaneReduction();

  /// One scalar of all lanes of the vectors: halves meet, and halves of those,
  /// so that few steps wait for each other.
  Value combineLanes(Operation *combiner, MutableArrayRef<Value> vectors);

  /// The loops of a reduction along lanes; carries vectors and a scalar.
  SmallVector<Value> emitLaneLoop(unsigned dim, ValueRange carried);

  //===--- Elements -------------------------------------------------------===//

  /// The map of an operand from the tile's first row and lane to its
  /// subscripts at a row and lane.
  AffineMap mapAt(unsigned operand, int64_t row, int64_t lane);

  /// The subscripts of an operand at a row and lane of the tile.
  SmallVector<Value> subscripts(unsigned operand, int64_t row, int64_t lane);

  Value load(unsigned input, int64_t row, int64_t lane, int64_t width,
             Loads &loads);

  void store(Value value, int64_t row, int64_t lane, int64_t width);

  Value widen(Value value, int64_t width);

  /// Applies a region's scalar code to vectors of `width` lanes.
  Value applyRegion(Region &region, int64_t row, int64_t lane, int64_t width,
                    Value accumulator, Loads &loads);

  Value dimIndex(unsigned dim, int64_t row, int64_t lane);

  /// The index of a dimension, one a lane where lanes run along it.
  Value laneIndex(unsigned dim, int64_t row, int64_t lane, int64_t width);

  /// An element that the nest's code addresses by itself, lane by lane where
  /// the lanes read different ones.
  Value loadAt(memref::LoadOp load, const IRMapping &mapping, int64_t lane,
               int64_t width);

  /// A product and a sum may become one rounding: the only liberty taken with
  /// floating point.
  void allowContraction(Operation *op);

  NestOp nest;
  const NestPlan &plan;
  bool parallel;
  ImplicitLocOpBuilder b;
  /// Extents of the dimensions if known, else kDynamic, and what divides each.
  SmallVector<int64_t> extents, factors;
  unsigned numParallel;
  SmallVector<Axis> axes;
  /// The index of each axis, as far as the loops are written.
  SmallVector<Value> blockIndices;
  /// The first block of rows of the present group; null without groups.
  Value firstBlock;
  /// The index of each dimension at the tile's first row and lane.
  SmallVector<Value> ivs;
  /// The present step of each reduction that is written out, by dimension.
  llvm::SmallDenseMap<unsigned, int64_t> steps;
  /// Vector widths of the present tile, along the lanes.
  SmallVector<int64_t> widths;
  /// What the tile prefetches: a buffer's elements, the first of them, how many
  /// a step of the reduction, by how many lines of the cache, and the last to
  /// begin with, null for all. Where rows of a panel lie apart, these count in
  /// each run of rows that follow each other, of `panel`. No buffer for
  /// nothing.
  struct Prefetch {
    Value elements, panel, from, step, last;
    int64_t lines = 1;
  } prefetch;
  /// Which lanes of the tile's last vector there are, null for all; its first
  /// lane, and how many there are where that is known.
  Value mask;
  int64_t maskedLane = 0, maskedCount = 0;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_NESTEMITTER_H
