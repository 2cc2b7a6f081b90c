//===- TensorTileWriter.h - Writes tiles that are multiplied at once ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_TENSORTILEWRITER_H
#define LATHE_CODEGEN_GPU_TENSORTILEWRITER_H

#include "codegen/gpu/TileWriter.h"

namespace mlir::lathe::kernel {

/// What tiles of an instruction for matrices have in common: blocks of both
/// sides that pass through memory of the workgroup, and results that lie among
/// the lanes of a subgroup.
///
/// What a block needs is under way while those before it are multiplied: a side
/// that is shared as memory has it is copied past the registers, and one that
/// is computed is loaded into them. A run of eight neighbours, 16 bytes, is
/// what an invocation loads and stores at once; it copies as many as memory has
/// in a piece. Beyond the last step are zeros; beyond a side's end, zeros or
/// its last elements once more, which no element inside meets.
class TensorTileWriter : public TileWriter {
public:
  using TileWriter::TileWriter;

protected:
  using Values = SmallVector<Value>;

  //===--- What the instruction decides -----------------------------------===//

  /// Elements of a side's blocks, and what their first one's address is a
  /// multiple of.
  virtual int64_t getSharedSize(const TileSide &side) const = 0;
  virtual int64_t getAlignment() const = 0;
  /// The place of an element in a block of shared memory: runs of eight along
  /// what is read together are neighbours there.
  virtual Value sharedPlace(const Side &side, Value line, Value step) = 0;
  /// Blocks of which copies are under way before one is multiplied.
  virtual int64_t countAhead() const = 0;
  /// What stands between an invocation's stores and the barrier behind them.
  virtual void publishStores() {}
  /// Adds a block's products to the sums, and meanwhile begins to fetch what
  /// the blocks behind it need.
  virtual Values multiplyBlock(Value block, ValueRange sums,
                               function_ref<void()> fetch) = 0;

  //===--- Steps of a kernel ----------------------------------------------===//

  /// Finds the tile and the invocation's place in it, and makes room for
  /// blocks.
  void beginTile(Value group);
  /// What the sums are once `carried` has passed all blocks.
  Values writeBlocks(ValueRange carried);
  /// Writes the invocation's sums: of matrices of 16 rows and 8 columns, row by
  /// row, two neighbours of its row and two of the row 8 further.
  void writeResults(ArrayRef<Value> sums);
  /// How many sums an invocation has.
  int64_t countSums() const;
  /// What sums begin with.
  Value writeInit() {
    return arith::ConstantOp::create(b, cast<TypedAttr>(nest.getInit()));
  }

  /// A vector of numbers as the words that they are in memory, or back.
  Value convert(Value numbers, Type to);
  Value beginOfBlock(const Side &side, Value block) {
    return multiply(block, getSharedSize(side.plan) / plan.blocks);
  }

  /// Matrices of the instruction's results, and how many an invocation has of
  /// one.
  static constexpr int64_t productRows = DeviceTarget::productRows,
                           productColumns = DeviceTarget::productColumns,
                           resultsEach = 4;
  static constexpr int64_t half = 8;
  /// Neighbours that an invocation loads and stores at once.
  static constexpr int64_t loadedRun = 8;

  Type element;
  Value lane, part;                      ///< Of the subgroup.
  Value rowOfSubgroup, columnOfSubgroup; ///< The first in the tile.

private:
  void findLane();
  Value findNext(Value first);

  //===--- Runs of neighbours ---------------------------------------------===//

  VectorType runType() { return VectorType::get({loadedRun}, element); }
  /// Runs of a side that an invocation loads, and those that it copies.
  int64_t countRuns(const Side &side) const {
    return side.plan.copied ? 0 : countRuns(side, loadedRun);
  }
  int64_t countCopies(const Side &side) const {
    return side.plan.copied ? countRuns(side, side.plan.copied) : 0;
  }
  int64_t countRuns(const Side &side, int64_t run) const;
  /// The line and the step in a block with which an invocation's run begins.
  /// What is behind the last run is that of another invocation once more.
  std::pair<Value, Value> findRun(const Side &side, int64_t run, int64_t i);
  /// Goes on inside of an if, where a run may be behind the last one.
  void guardRun(const Side &side, int64_t run, int64_t i);

  /// The first block, if there is one.
  Values loadFirst();
  Values loadBlock(Value first);
  Value loadRun(Side &side, Value line, Value step);
  /// What is beyond the last step is zero.
  Value orZero(Value value, Value step);
  /// Stores a side's runs, and returns those of the other one.
  ValueRange store(Side &side, Value block, ValueRange numbers);

  //===--- Copies ---------------------------------------------------------===//

  void copyFirst();
  /// Begins to copy the block from a step on, as a group, which is empty behind
  /// the last block.
  void copyBlock(Value first);
  void copyRun(Side &side, Value first, Value block, int64_t i);
  /// Sets the indices to where a run that is copied begins, or to some place
  /// inside. Returns how many elements of it are inside; nothing if all are.
  Value setRun(Side &side, Value line, Value step);
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_TENSORTILEWRITER_H
