//===- Windows.h - Sliding windows over images
//-------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_WINDOWS_H
#define LATHE_DIALECT_WINDOWS_H

#include "dialect/LatheDialect.h"

namespace mlir::lathe {

/// The largest extent, step or padding of a window. Extents come from a
/// checkpoint or a spec: the limit keeps their products from overflowing.
inline constexpr int64_t mostWindow = int64_t(1) << 30;

/// Checks that kernel, stride and dilation are pairs of positive numbers and
/// padding is four numbers [top, left, bottom, right] of at least 0.
LogicalResult verifyWindow(std::optional<Location> location, StringRef op,
                           ArrayRef<int64_t> kernel, ArrayRef<int64_t> stride,
                           ArrayRef<int64_t> dilation,
                           ArrayRef<int64_t> padding);

/// Positions of a window along a dimension of `size` pixels:
/// floor((size + before + after - (kernel - 1)·dilation - 1) / stride) + 1.
FailureOr<DimExpr> inferWindowed(std::optional<Location> location, StringRef op,
                                 DimExpr size, int64_t kernel, int64_t stride,
                                 int64_t dilation, int64_t before,
                                 int64_t after);

/// The sizes [height, width] that a window [height, width] gives of an image of
/// the sizes `image`, whose constraints C5 to C7 are `verifyWindow`'s and
/// `verifyPadding`'s.
FailureOr<Shape> inferImage(std::optional<Location> location, StringRef op,
                            ArrayRef<DimExpr> image, ArrayRef<int64_t> kernel,
                            ArrayRef<int64_t> stride,
                            ArrayRef<int64_t> dilation,
                            ArrayRef<int64_t> padding, PaddingMode mode);

/// Checks that `padding` pixels of the given mode can be taken from a
/// dimension of `size` pixels.
LogicalResult verifyPadding(std::optional<Location> location, StringRef op,
                            PaddingMode mode, DimExpr size, int64_t padding);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_WINDOWS_H
