//===- KernelPlan.h - How a device's invocations share a nest -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Classes of nests, told apart by the dimensions that operands depend on:
//
// - Elements: an invocation computes an element of the output, neighbours of a
//   workgroup neighbouring ones.
// - Elements of several lanes: invocations share the reduction of one element,
//   and sum up what each has in a tree. So few outputs fill a device, and a
//   row that lies in a piece is read in a piece.
// - Tiles: of a contraction, whose operands each lack dimensions that the other
//   has, a workgroup computes rows x columns elements. Blocks of both operands
//   go through memory that the workgroup shares, so that an element is read
//   from the device's memory once a tile, not once an invocation.
// - Tensor tiles: such tiles of 16-bit numbers, where a subgroup multiplies
//   matrices by one instruction. Subgroups share a tile; the instruction says
//   which lane has which element.
// - Cooperative tiles: the same, where only the device knows which invocation
//   has which element, and how many have a matrix together. Subgroups take
//   parts of a tile, one after another until none is left; results leave by way
//   of shared memory.
// - Warpgroup tiles: the same, where four subgroups multiply matrices of 64
//   rows by one instruction, which reads shared memory while they go on.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_KERNELPLAN_H
#define LATHE_CODEGEN_GPU_KERNELPLAN_H

#include "codegen/KernelDialect.h"
#include "codegen/Target.h"

namespace mlir::lathe::kernel {

/// One side of a contraction: what its rows, or its columns, read.
struct TileSide {
  /// Dimensions of the output that it has and the other side lacks, in order.
  /// They count as one, the last one fastest.
  SmallVector<unsigned> dims;
  /// Values of the nest's reduction that depend on this side alone and meet the
  /// other one: what is kept in shared memory. Codes of weights in few bits
  /// are decoded before, once for each element of a block.
  SmallVector<Value> staged;
  /// Elements of a tile, and those of an invocation.
  int64_t extent = 1, perInvocation = 1;
  /// Of a tensor tile, subgroups side by side.
  int64_t subgroups = 1;
  /// Whether neighbouring invocations read neighbours along the reduction, or
  /// along the side.
  bool alongDepth = false;

  /// Of a tensor tile, elements that an invocation copies at once from memory
  /// as they are stored there; 0 where it computes what is shared.
  int64_t copied = 0;

  /// Of a plain tile, elements of an invocation that are neighbours, and so
  /// loaded from shared memory at once.
  int64_t run = 1;

  /// Invocations side by side. An invocation's runs are as far apart as all of
  /// these have elements in one, so that those of neighbours are neighbours.
  int64_t getInvocations() const { return extent / perInvocation; }
  /// Where the element `i` of an invocation is behind its first one.
  int64_t getDistance(int64_t i) const {
    return i / run * run * getInvocations() + i % run;
  }
  /// Elements from one step of the reduction to the next in shared memory: no
  /// multiple of its banks where neighbouring invocations store steps.
  int64_t getStride() const { return alongDepth ? extent + run : extent; }
  /// Elements of a tensor tile that a subgroup has.
  int64_t getPerSubgroup() const { return extent / subgroups; }
};

/// The decisions for one kernel, made before any code is written.
struct KernelPlan {
  enum class Kind {
    elements,
    tiles,
    tensorTiles,
    cooperativeTiles,
    warpgroupTiles
  };
  Kind kind = Kind::elements;
  /// Invocations of a workgroup, a power of two.
  int64_t workgroupSize = 1;
  /// Of a workgroup's invocations, how many share an element of the output: a
  /// power of two.
  int64_t lanes = 1;
  /// Neighbouring elements of the output that an invocation has, or is a lane
  /// of, and whose operands it loads at once.
  int64_t run = 1;
  /// Whether neighbouring invocations are lanes of one element, or the same
  /// lane of neighbouring elements.
  bool lanesInside = false;
  /// Of neighbouring lanes, how many combine what they have by exchanges within
  /// their subgroup.
  int64_t exchanging = 1;
  /// Whether the lanes, then all of a workgroup, combine what they have by
  /// their subgroups' reductions, however large these are.
  bool bySubgroups = false;

  TileSide rows, columns;
  /// Dimensions that no tile has, in order: both sides depend on them, or none.
  SmallVector<unsigned> batch;
  /// Steps of the reductions, which count as one, in a block, and blocks that
  /// shared memory holds.
  int64_t depth = 0, blocks = 0;
  /// Of a block of a tensor tile, parts that as many subgroups multiply each,
  /// where tiles leave some idle.
  int64_t parts = 1;

  /// Whether blocks of a tensor tile are copied, all but one of those that
  /// there is room for ahead of what is multiplied.
  bool copies() const { return rows.copied > 0 || columns.copied > 0; }

  /// Of a tensor tile, a line of shared memory is what was read together: steps
  /// of an element, or elements of a step. Lines are 16 bytes longer than that,
  /// so that eight of them meet all banks.
  int64_t getPitch(const TileSide &side) const {
    return (side.alongDepth ? depth : side.extent) + 8;
  }
  int64_t getSharedSize(const TileSide &side) const {
    return blocks * (side.alongDepth ? side.extent : depth) * getPitch(side);
  }

  /// Blocks of a warpgroup tile whose products may be under way when the next
  /// one's begin: what is stored meanwhile must be another block's.
  int64_t countPending() const { return blocks > 2 ? 1 : 0; }

  /// As in "elements of 8 lanes", "runs of 8 elements of 128 lanes", "elements
  /// of 64 neighbouring lanes, by subgroups", "tiles of 64x64x8, 8x4 an
  /// invocation" or "tensor tiles of 16x32x128, 16x32 a subgroup, 4 parts of
  /// the steps, copied 3 blocks ahead".
  std::string str() const;

  /// Parts of a cooperative tile, each of which a subgroup has.
  int64_t countTileParts() const { return rows.subgroups * columns.subgroups; }
};

/// The op that folds a value into the accumulator, if partial results can be
/// combined by it, in any order, and its neutral element is known.
Operation *findCombiner(NestOp nest);

/// Numbers that a dynamic dimension may have, for each of which there is a
/// plan: from one, such as a token or an image, to so many that all tiles are
/// as large as they may be. Sizes from a quarter of such a number on take its
/// plan.
inline constexpr int64_t plannedElements[] = {1, 16, 256, 4096},
                         suitingPart = 4;
/// Where one plan is for many, what these are.
inline constexpr int64_t manyElements = 128, fewElements = 1;

/// Workgroups of a plan's that keep the device busy.
int64_t countBusy(const KernelPlan &plan, const DeviceTarget &target);

/// Chooses the plan of a nest on memrefs, its parallel dimensions being in the
/// output's order and before its reductions. Dynamic ones have `unknown`
/// elements.
KernelPlan planKernel(NestOp nest, const DeviceTarget &target,
                      int64_t unknown = manyElements);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_KERNELPLAN_H
