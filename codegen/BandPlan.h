//===- BandPlan.h - Which kernels are computed band of rows by band -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels on images that read one another's rows are computed a band at a time:
// what one has stored, the next one reads while it is in the cache. A band of
// the first kernel is followed by those rows of the second of which all that
// they read is there by now, and so on; at the last band each kernel computes
// the rest. Nothing is computed twice: rows that are read again wait.
//
//   band       0      1      2      3
//   stage 0   0-8   8-16  16-24  24-32    each = 8, lag = 0
//   stage 1   0-7   7-15  15-23  23-32    each = 8, lag = 1 (windows of 3 rows)
//   stage 2   0-3   3-7    7-11  11-16    each = 4, lag = 1 (and stride 2)
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_BANDPLAN_H
#define LATHE_CODEGEN_BANDPLAN_H

#include "codegen/KernelDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::lathe::kernel {

/// A part of a buffer that an operand is, cut out by subviews alone.
struct BufferPart {
  /// The buffer; another view's result where that stands between.
  Value buffer;
  /// Where the part begins.
  SmallVector<int64_t> offsets;
};

/// One of the kernels.
struct BandStage {
  /// A kernel, whose methods are not const.
  mutable RowsOpInterface op;
  RowPlan plan;
  SmallVector<BufferPart> parts;
  /// Rows of the result; of each band, and how many it lags behind.
  int64_t rows, each = 0, lag = 0;

  unsigned getResult() const { return plan.operands.size() - 1; }
  Value getStored() const { return parts.back().buffer; }
  /// Rows of a buffer that are needed, from its first one on, for the first
  /// `end` rows of the result.
  int64_t needs(unsigned operand, int64_t end) const;
  /// The first row of a buffer that rows from `begin` on need.
  int64_t needsFrom(unsigned operand, int64_t begin) const;
};

/// What of a buffer that nothing else uses is kept: the rows that later bands
/// read, which move to its front, and a band.
struct BandBuffer {
  /// The first row kept at band t is each t - lag, or 0.
  int64_t each, lag, rows;

  int64_t base(int64_t band) const {
    return std::max<int64_t>(0, each * band - lag);
  }
};

struct BandPlan {
  SmallVector<BandStage> stages;
  int64_t bands = 0;
  llvm::MapVector<Value, BandBuffer> buffers;

  /// The rows of a stage that are computed behind a band.
  int64_t end(const BandStage &stage, int64_t band) const;
  /// The rows of what a stage stores that are there behind a band: those before
  /// its result, too, and at last all.
  int64_t stored(const BandStage &stage, int64_t band) const;
  /// The stage that stores a buffer, or null.
  const BandStage *findWriter(Value buffer) const;
};

/// The part of a buffer that an operand is.
BufferPart findPart(Value operand);
/// The buffer behind all views.
Value findBuffer(Value view);

/// Grows groups of kernels.
class BandPlanner {
public:
  explicit BandPlanner(int64_t secondCacheBytes)
      : secondCacheBytes(secondCacheBytes) {}

  /// Takes one more kernel in if it gains by being in the group; the plan stays
  /// as it was otherwise.
  bool extend(BandPlan &plan, RowsOpInterface op) const;
  /// Whether ops of the group access a buffer.
  static bool accesses(const BandPlan &plan, Value buffer);
  /// Finds the buffers that nothing but the group uses.
  void keepParts(BandPlan &plan) const;

private:
  std::optional<BandStage> makeStage(RowsOpInterface op) const;
  bool sharesMuch(const BandPlan &plan, const BandStage &stage) const;
  static bool conflicts(const BandPlan &plan, const BandStage &stage);
  bool schedule(BandPlan &plan) const;
  static bool schedule(BandPlan &plan, int64_t each);
  bool setRates(BandPlan &plan,
                SmallVectorImpl<std::pair<int64_t, int64_t>> &rates) const;
  static int64_t countBytes(const BandPlan &plan);

  int64_t secondCacheBytes;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_BANDPLAN_H
