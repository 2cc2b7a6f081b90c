//===- Pool.h - Sliding windows over tensors ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWER_POOL_H
#define LATHE_CODEGEN_LOWER_POOL_H

#include "codegen/Lowering.h"

namespace mlir::lathe {

/// A window as pairs [height, width] and padding [top, left, bottom, right],
/// over the dimensions `heightDim` and `heightDim` + 1 of a tensor.
struct PoolWindow {
  SmallVector<int64_t, 4> kernel;
  SmallVector<int64_t, 4> stride;
  SmallVector<int64_t, 4> dilation;
  SmallVector<int64_t, 4> padding;
  unsigned heightDim;
};

/// The maximum of each window, or for averages the sum.
Value poolWindows(Structured &b, Value image, const PoolWindow &window,
                  PoolKind kind);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWER_POOL_H
