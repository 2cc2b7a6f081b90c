//===- WarpgroupMatrices.h - Matrices that warpgroups multiply --*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `wgmma.mma_async` reads in shared memory, by NVIDIA's PTX ISA 8.8,
// sections "Shared Memory Matrix Layout", "Strides" and "Matrix Descriptor
// Format". A matrix is made up of patterns: eight rows of 32, 64 or 128 bytes
// without gaps, in which the 16-byte pieces of a row are exchanged, so that the
// same piece of eight rows meets all banks. Of a side along the steps
// ("K-major") a row is what a line has of them; of one along itself
// ("MN-major"), what a step has of its lines.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_WARPGROUPMATRICES_H
#define LATHE_CODEGEN_GPU_WARPGROUPMATRICES_H

#include "codegen/gpu/KernelPlan.h"

namespace mlir::lathe::kernel {

/// Rows of the instruction's result, and its steps of numbers of 16 bits.
inline constexpr int64_t warpgroupRows = 64, warpgroupSteps = 16;
/// Bytes of a row of the widest pattern, and rows of each.
inline constexpr int64_t widestPattern = 128, patternRows = 8;
/// Bytes that stay together.
inline constexpr int64_t pieceBytes = 16;

/// How a side's block of 16-bit numbers lies in shared memory.
class WarpgroupMatrix {
public:
  WarpgroupMatrix(const TileSide &side, int64_t depth);

  /// Elements of a pattern's row: steps of a line, or lines of a step.
  int64_t getRowElements() const { return rowBytes / elementBytes; }
  /// Bytes that an address is a multiple of where a pattern begins; only there
  /// is the descriptor's base offset 0.
  int64_t getAlignment() const { return patternRows * rowBytes; }
  /// Rows from which on pieces are exchanged otherwise, and how many ways of it
  /// there are: bits 4 to 6 of an address, of narrower patterns the lower ones,
  /// are combined with bits 7 to 9 by XOR.
  int64_t getRowsAlike() const { return widestPattern / rowBytes; }
  int64_t countExchanges() const { return rowBytes / pieceBytes; }

  /// A descriptor but for the address at which the matrix starts.
  uint64_t describe() const;
  /// What is added to a descriptor to begin so many steps further.
  int64_t advance(int64_t step) const;
  /// The bits of an address or distance in a descriptor.
  static constexpr int64_t fieldUnit = 16, fieldValues = 1 << 14;

private:
  static constexpr int64_t elementBytes = 2;

  bool alongDepth;
  int64_t depth, rowBytes;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_WARPGROUPMATRICES_H
