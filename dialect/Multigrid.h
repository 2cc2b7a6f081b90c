//===- Multigrid.h - Multigrid operators ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_MULTIGRID_H
#define LATHE_DIALECT_MULTIGRID_H

#include "dialect/LatheDialect.h"

#define GET_OP_CLASSES
#include "dialect/Multigrid.h.inc"

namespace mlir::lathe {

/// One level of a V-cycle, the finest being the first.
struct GridLevel {
  /// Channels of the solution and of the right-hand side.
  int64_t u, f;
  int64_t height, width;
  /// Smoothers with A and S: the first guess is not among them.
  int64_t pre, post;

  /// Windows of the prolongation to this level, in pixels.
  int64_t prolongHeight() const { return 4 - height % 2; }
  int64_t prolongWidth() const { return 4 - width % 2; }
};

/// The levels of an op that has been checked.
SmallVector<GridLevel> getGridLevels(MultigridVcycleOp op);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_MULTIGRID_H
