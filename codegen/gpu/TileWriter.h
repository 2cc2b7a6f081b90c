//===- TileWriter.h - Writes kernels whose workgroups compute tiles -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_TILEWRITER_H
#define LATHE_CODEGEN_GPU_TILEWRITER_H

#include "codegen/gpu/KernelWriter.h"

namespace mlir::lathe::kernel {

/// What kernels of tiles have in common, however a tile is computed.
class TileWriter : public KernelWriter {
public:
  TileWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder)
      : KernelWriter(nest, plan, builder), rows(plan.rows),
        columns(plan.columns) {}

  /// Of a tile that is emptier, another plan makes more.
  Value writeSuits(int64_t elements) override;

protected:
  /// A side of the kernel's tile.
  struct Side {
    explicit Side(const TileSide &plan) : plan(plan) {}

    const TileSide &plan;
    Value extent;              ///< Of all tiles.
    Value first;               ///< The tile's first element.
    Value inTile;              ///< The invocation's first element in the tile.
    SmallVector<Value> shared; ///< The arrays of what is staged.
  };

  Value countGroups() override;

  /// Batch, row tile and column tile are digits of the group.
  void findTile(Value group);

  //===--- Places ---------------------------------------------------------===//

  /// The extent of dimensions that count as one, if it is known.
  std::optional<int64_t> countKnown(ArrayRef<unsigned> dims) const;
  std::optional<int64_t> countSteps() const {
    return countKnown(reductionDims);
  }
  /// Whether tiles of a known size end where the side does.
  bool isWhole(const Side &side) const;
  /// Whether blocks of a known size end where the reductions do.
  bool hasWholeBlocks() const;
  /// The place, or the last one before the extent.
  Value limit(Value place, Value extent);
  /// Goes on inside of an if that a condition guards.
  void guard(Value condition);
  /// Goes on inside of an if, where an element may be beyond the side's end.
  void guardPlace(const Side &side, Value place);
  /// The block of shared memory for the steps from `first` on.
  Value blockOf(Value first);

  /// Calls `write` with each element and step of a side's block that the
  /// invocation is to share: those of neighbours lie side by side in memory.
  void forStaged(const Side &side,
                 llvm::function_ref<void(Value element, Value step)> write);
  /// Sets the indices to an element of the tile and a step, or to the last ones
  /// before the ends.
  void setStagedPlace(const Side &side, Value element, Value step);

  Side rows, columns;
  Value rowTiles, columnTiles; ///< How many there are, for the host.
  Value steps;                 ///< Of the reductions.
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_TILEWRITER_H
