//===- DotProductKernel.h - Products of bytes as kernels for devices ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_DOTPRODUCTKERNEL_H
#define LATHE_CODEGEN_GPU_DOTPRODUCTKERNEL_H

#include "codegen/Target.h"
#include "codegen/gpu/KernelFrame.h"
#include <memory>

namespace mlir::lathe::kernel {

/// How the subgroups of a workgroup share a tile of rows x columns results.
///
/// A block of their inputs is in shared memory, `parts` of `depth` neighbours
/// of a row, each in one group: as many subgroups multiply a part each.
struct DotProductPlan {
  int64_t rows = 1, columns = 1;
  int64_t rowSubgroups = 1, columnSubgroups = 1, parts = 1;
  int64_t depth = 1;
  /// In shared memory.
  int64_t blocks = 1;
  /// Inputs that a word of weights has of a column: 4, or 8 that are packed.
  int64_t unit = 4;

  int64_t getBlockDepth() const { return parts * depth; }
  int64_t countSubgroups() const {
    return rowSubgroups * columnSubgroups * parts;
  }
  int64_t getWorkgroupSize() const {
    return countSubgroups() * DeviceTarget::subgroupSize;
  }
  /// Results of a subgroup.
  int64_t getRowsEach() const { return rows / rowSubgroups; }
  int64_t getColumnsEach() const { return columns / columnSubgroups; }

  /// Bytes from one row of a block to the next, and from the words of all
  /// columns to the next ones: what eight lanes of the left side load at once,
  /// and all lanes of the right one, meet all banks.
  int64_t getRowPitch() const { return getBlockDepth() + 16; }
  int64_t getWordPitch() const { return 4 * columns + 32; }
  int64_t getRowBytes() const { return rows * getRowPitch(); }
  int64_t getWordBytes() const {
    return getBlockDepth() / unit * getWordPitch();
  }
  int64_t countSharedBytes() const {
    return blocks * (getRowBytes() + getWordBytes()) +
           KernelFrame::countPartBytes(rows * columns, parts);
  }

  /// As in "bytes of 128x64x64, 32x32 a subgroup, copied 1 blocks ahead".
  std::string str() const;
};

/// Chooses the plan; where the number of rows is dynamic, there are `unknown`.
DotProductPlan planDotProduct(DotProductOp op, const DeviceTarget &target,
                              int64_t unknown);

/// Numbers that workgroups which share the inputs of tiles need beside the
/// output: the totals of each; 0 where tiles alone occupy the device, or a part
/// would have too few inputs to copy any ahead.
int64_t countPartialNumbers(DotProductOp op, const DeviceTarget &target);

/// How tiles make workgroups, and, where the op has memory for parts, `splits`
/// of the inputs of each, of `span` inputs.
struct DotProductSplits {
  Value tiles, splits, span;
};
DotProductSplits countDotProductSplits(DotProductOp op,
                                       const DotProductPlan &plan,
                                       ImplicitLocOpBuilder &b);

/// Whether workgroups share the inputs of tiles where an op has memory for
/// that, for the host before it: few tiles need no more than there is.
Value writeIsSplit(DotProductOp op, const DotProductPlan &plan,
                   OpBuilder &builder);

/// Writes an op of bytes on memrefs as a kernel and its launch: all of it,
/// parts of the inputs, or what makes the result of these.
std::unique_ptr<KernelFrame> createDotProductWriter(DotProductOp op,
                                                    const DotProductPlan &plan,
                                                    OpBuilder &builder);
std::unique_ptr<KernelFrame> createPartsWriter(DotProductOp op,
                                               const DotProductPlan &plan,
                                               OpBuilder &builder);
std::unique_ptr<KernelFrame> createTotalsWriter(DotProductOp op,
                                                const DotProductPlan &plan,
                                                OpBuilder &builder);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_DOTPRODUCTKERNEL_H
