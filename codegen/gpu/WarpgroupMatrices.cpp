//===- WarpgroupMatrices.cpp - Matrices that warpgroups multiply ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/WarpgroupMatrices.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

WarpgroupMatrix::WarpgroupMatrix(const TileSide &side, int64_t depth)
    : alongDepth(side.alongDepth), depth(depth),
      rowBytes(std::min(widestPattern,
                        elementBytes * (alongDepth ? depth : side.extent))) {}

/// Bits 13 to 0 are the start address, 29 to 16 the "leading dimension byte
/// offset" and 45 to 32 the "stride dimension byte offset", each in units of 16
/// bytes; 51 to 49 the base offset, 0 for patterns that begin at multiples of
/// their size; 63 and 62 the width of the patterns.
uint64_t WarpgroupMatrix::describe() const {
  // From eight rows to the next eight: of both majors the stride dimension, for
  // which the rows are lines if K-major and steps if MN-major.
  uint64_t stride = patternRows * rowBytes;
  // MN-major, from a row's lines to the next ones of the same step, which lie
  // behind all steps of these. Swizzled and K-major, rows have all steps of an
  // instruction: the field is not used, and assumed to be 1.
  uint64_t leading = alongDepth ? fieldUnit : depth * rowBytes;
  uint64_t mode = rowBytes == 128 ? 1 : rowBytes == 64 ? 2 : 3;
  return (leading / fieldUnit) << 16 | (stride / fieldUnit) << 32 | mode << 62;
}

/// K-major, steps are further in the rows: addresses count before pieces are
/// exchanged, so that the start may lie inside of a pattern's first row.
/// MN-major, they are further rows.
int64_t WarpgroupMatrix::advance(int64_t step) const {
  return step * (alongDepth ? elementBytes : rowBytes) / fieldUnit;
}
