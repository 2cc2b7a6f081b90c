//===- RowPlan.h - What a kernel reads for some rows of its result --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_ROWPLAN_H
#define LATHE_CODEGEN_ROWPLAN_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::lathe::kernel {

/// On a kernel that computes some rows of an image: in how many units all of
/// its rows come, so that what is chosen by the image's size is the same for
/// all parts of it.
inline constexpr char imageRowsAttr[] = "lathe.image_rows";

/// How an operand is walked by the images and the rows of a result
/// [N, H, ...]. For k units of rows from unit j on it needs its own rows
///
///   first + j step  to  first + (j + k) step + extra
///
/// such as, for a convolution of K taps with stride s, first = 0, step = s and
/// extra = K - s, the unit being one row.
struct RowAccess {
  /// The operand's dimensions that are images and rows, or -1: all images, or
  /// all rows, need the same of it.
  int64_t imageDim = -1, rowDim = -1;
  int64_t first = 0, step = 0, extra = 0;
};

/// How a kernel computes its result some rows at a time, where the first of
/// them is a multiple of `unit`, and the number, too, unless they are the last.
struct RowPlan {
  int64_t unit = 1;
  /// Of each operand, the result's place included.
  SmallVector<RowAccess> operands;

  /// Whether the operand's rows are those of the result.
  bool isPlain(unsigned operand) const {
    const RowAccess &access = operands[operand];
    return access.step == unit && access.first == 0 && access.extra == 0;
  }
  /// Rows of an operand that `rows` of the result need.
  int64_t countRows(unsigned operand, int64_t rows) const {
    const RowAccess &access = operands[operand];
    return isPlain(operand)
               ? rows
               : access.step * ((rows + unit - 1) / unit) + access.extra;
  }
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_ROWPLAN_H
