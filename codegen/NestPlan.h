//===- NestPlan.h - How a nest is vectorised, tiled and shared out --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_NESTPLAN_H
#define LATHE_CODEGEN_NESTPLAN_H

#include "codegen/KernelDialect.h"

namespace mlir::lathe::kernel {

/// Waking a thread costs some ten microseconds: as long as a hundred thousand
/// elementary operations take.
inline constexpr int64_t leastWorkPerThread = 131072;

/// What the plan needs to know of a machine.
struct VectorTarget {
  int64_t vectorBytes;
  int64_t registers;
  /// Whether some lanes of a vector can be loaded and stored.
  bool masks;
  int64_t secondCacheBytes;
  /// As in CpuTarget; the intrinsic is that for bf16.
  int64_t multipliers;
  StringRef matrices;
};

/// How an input is read by the lanes of a vector.
enum class Access { uniform, contiguous, strided };

/// The decisions for one nest, made before any code is written.
struct NestPlan {
  enum class Kind {
    /// One element at a time.
    scalar,
    /// Lanes along the innermost dimension of the output.
    parallelLanes,
    /// Lanes along the last reduction, summed up at the end.
    reductionLanes,
  };
  Kind kind = Kind::scalar;
  /// Elements of a full vector; 1 for scalar code.
  int64_t lanes = 1;
  /// The dimension along which lanes run, or -1.
  int64_t laneDim = -1;
  /// Vectors side by side in the register tile.
  int64_t laneVectors = 1;
  /// The dimension of which the tile holds several rows, or -1.
  int64_t rowDim = -1;
  /// Rows of the register tile.
  int64_t rows = 1;
  /// Whether the loop over blocks of lanes stands outside of all dimensions
  /// that what the lanes read does not depend on: all that one block reads
  /// stays in the cache meanwhile, where what all of them read would not.
  bool lanesOutside = false;
  /// Tiles of rows, at most, that all blocks of lanes meet before the next ones
  /// do: those of which the second-level cache holds what they read; 0 for all.
  int64_t tilesTogether = 0;
  /// The input that comes from memory in panels, and is prefetched, or -1; and
  /// whether so many rows read a panel that the next one comes meanwhile.
  int64_t prefetched = -1;
  bool prefetchesNext = false;
  /// Whether the steps of the reduction ask for the lines of the result that
  /// the tile stores behind them.
  bool prefetchesResult = false;
  /// How many of the innermost reductions are written out, step by step, so
  /// that rows share what they read of a window.
  unsigned unrolled = 0;
  /// Whether lanes that fill no vector are one whose other lanes are masked, if
  /// their number is known, and if it isn't.
  bool masksStatic = false, masksDynamic = false;
  /// Whether numbers are narrow, of which LLVM writes vectors of a power of two
  /// alone.
  bool powersOnly = false;
  /// Whether a tile is a square of elements, and inputs of which neighbours lie
  /// along its rows are read as vectors of those, and transposed.
  bool isSquare = false;
  /// Elementary operations that are worth waking a thread.
  int64_t leastThreadWork = 1;
};

/// What divides each extent of a nest on memrefs: all of it where it is static.
SmallVector<int64_t> getExtentFactors(NestOp nest);

/// Writes the size of a dynamic dimension.
Value createExtent(OpBuilder &b, NestOp nest, unsigned dim);

/// The extents, in place of those that are not known the greatest that they can
/// be, if that is known.
SmallVector<int64_t> getGreatestExtents(NestOp nest);

/// The bytes of a buffer, at most; nothing if it has no bound.
std::optional<int64_t> countGreatestBytes(Value buffer);

/// How input `i` is read along dimension `dim`.
Access classifyAccess(NestOp nest, unsigned input, unsigned dim);

/// Whether vectors along `dim` read input `i` from panels, whose last one is
/// whole, too: lanes past the dimension's end are there to be read.
bool readsPanels(NestOp nest, unsigned input, unsigned dim);

/// Most rows of a tile of so many vectors side by side: a register is left for
/// the element broadcast, and one for each vector read.
inline int64_t countTileRows(int64_t registers, int64_t vectors) {
  return (registers - 1 - vectors) / vectors;
}

/// Vectors of columns of a tile of a kernel.dot_product: what is read of a row
/// serves all.
inline constexpr int64_t dotTileVectors = 2;

/// The most rows of such a tile. An element has a sum, and that of a group of
/// bytes beside it; two registers hold what is multiplied by what is broadcast.
inline int64_t countDotTileRows(DotProductOp op, int64_t registers) {
  int64_t sums = op.isInteger() ? 2 : 1;
  int64_t most = (registers - dotTileVectors - 2) / (sums * dotTileVectors);
  int64_t known = op.getRowsType().getDimSize(0);
  return ShapedType::isDynamic(known) ? most : std::min(most, known);
}

/// Whether the reduction reads other elements of input `i` for other lanes.
bool isReadByLanes(NestOp nest, unsigned input, unsigned laneDim);

/// Whether inputs are walked along a dimension by subscripts of their own, so
/// that it can be cut.
bool isWalkedAlone(NestOp nest, unsigned dim);

/// Chooses the largest input that the nest reads in whole panels, if it is
/// large enough to have left the cache since the last run.
void planPrefetch(NestPlan &plan, NestOp nest, const VectorTarget &target);
/// Says whether the tiles of a plan that has rows prefetch what they store.
void planResultPrefetch(NestPlan &plan, NestOp nest,
                        const VectorTarget &target);

/// Chooses the plan of a nest on memrefs, its parallel dimensions being in the
/// output's order and before its reductions.
NestPlan planNest(NestOp nest, const VectorTarget &target);

/// The op that folds a value into the accumulator, if the reduce region ends in
/// one that can be applied lane by lane and across lanes.
Operation *getCombiner(NestOp nest);

/// Cuts a reduction of which neither panels nor rows stay in the second-level
/// cache: the nests that make up for it, in their order, or the nest itself.
SmallVector<NestOp> splitReduction(RewriterBase &rewriter, NestOp nest,
                                   const NestPlan &plan,
                                   const VectorTarget &target);

/// Elementary operations of one iteration: what the regions hold.
int64_t countWork(NestOp nest);

/// Splits dimensions of whose remainders (dim + c) mod s operands are read into
/// quotients and remainders, where they have a multiple of s elements: elements
/// of one remainder read the same. Lanes stay as they are.
void splitPhases(OpBuilder &builder, NestOp nest);

/// Rewrites a nest so that its parallel dimensions come first and in the
/// output's order, splits phases, and merges neighbouring ones that all
/// operands walk as one.
NestOp normaliseNest(RewriterBase &rewriter, NestOp nest);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_NESTPLAN_H
