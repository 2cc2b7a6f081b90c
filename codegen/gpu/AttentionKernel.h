//===- AttentionKernel.h - Attention as a kernel for devices --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_ATTENTIONKERNEL_H
#define LATHE_CODEGEN_GPU_ATTENTIONKERNEL_H

#include "codegen/Target.h"
#include "codegen/gpu/KernelFrame.h"
#include <memory>

namespace mlir::lathe::kernel {

/// How a workgroup's invocations share a tile of rows. A row is a query in one
/// of the heads that share keys and values; heads of a query are neighbours.
///
/// Of a block's scores, an invocation computes rowsEach x keysEach; of the sums
/// of values, rowsEach x featuresEach over its part of the keys. Both times a
/// row has the same `keyLanes` invocations.
struct AttentionPlan {
  int64_t rowLanes = 1, keyLanes = 1, featureLanes = 1;
  int64_t rowsEach = 1, keysEach = 1, featuresEach = 1;
  /// Invocations that share a key's features, and have all rows: a subgroup, or
  /// one. Those of a subgroup exchange what they have, and all features are
  /// theirs, so that `featureLanes` and `depth` say nothing.
  int64_t lanes = 1;
  /// Features of queries and keys that are in shared memory at once.
  int64_t depth = 1;
  int64_t valueWidth = 1; ///< Features of values.

  int64_t getWorkgroupSize() const { return rowLanes * keyLanes * lanes; }
  int64_t getRows() const { return rowLanes * rowsEach; }
  int64_t getKeys() const { return keyLanes * keysEach; }
  int64_t getKeyParts() const { return keyLanes / featureLanes; }
  /// From one feature of all rows or keys to the next in shared memory: odd,
  /// since memory is in banks.
  int64_t getRowStride() const { return getRows() + 1; }
  int64_t getKeyStride() const { return getKeys() + 1; }
  /// Numbers in shared memory: what lanes tell each other of rows, and behind
  /// them a part of queries and keys, then the block's weights, and last the
  /// lanes' sums. Of subgroups, what each of them has of its keys.
  int64_t countLaneNumbers() const { return getRows() * keyLanes; }
  int64_t countShared() const;

  /// As in "attention of 32 rows by 64 keys, 4x4 an invocation".
  std::string str() const;
};

/// Chooses the plan; where the number of queries is dynamic, there are
/// `unknown`.
AttentionPlan planAttention(AttentionOp op, const DeviceTarget &target,
                            int64_t unknown);

/// Numbers that workgroups which share the keys of rows need beside the output:
/// a maximum, a sum of weights and the sums of values of each row of each; 0
/// where rows alone occupy the device.
int64_t countPartialNumbers(AttentionOp op, const DeviceTarget &target);

/// Those of a row in a part.
int64_t getPartNumbers(AttentionOp op);

/// How rows and keys make workgroups: tiles of rows, with all heads and images
/// groups, and, where the op has memory for parts, `splits` of the keys of each
/// of these, of `span` keys.
struct AttentionParts {
  Value tiles, groups, splits, span;
};
AttentionParts countAttentionParts(AttentionOp op, const AttentionPlan &plan,
                                   ImplicitLocOpBuilder &b);

/// Whether workgroups share the keys where an op has memory for that, for the
/// host before it: few images and queries need no more than there is.
Value writeIsSplit(AttentionOp op, const AttentionPlan &plan,
                   OpBuilder &builder);

/// Writes an op on memrefs as a kernel and its launch: all of it, parts of the
/// keys, or what makes the result of these.
std::unique_ptr<KernelFrame> createAttentionWriter(AttentionOp op,
                                                   const AttentionPlan &plan,
                                                   OpBuilder &builder);
std::unique_ptr<KernelFrame> createPartsWriter(AttentionOp op,
                                               const AttentionPlan &plan,
                                               OpBuilder &builder);
std::unique_ptr<KernelFrame> createCombinationWriter(AttentionOp op,
                                                     const AttentionPlan &plan,
                                                     OpBuilder &builder);
/// The first two of a plan by subgroups.
std::unique_ptr<KernelFrame>
createAttentionRowsWriter(AttentionOp op, const AttentionPlan &plan,
                          bool isPart, OpBuilder &builder);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_ATTENTIONKERNEL_H
