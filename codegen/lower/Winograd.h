//===- Winograd.h - 3x3 convolutions with fewer multiplications -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWER_WINOGRAD_H
#define LATHE_CODEGEN_LOWER_WINOGRAD_H

#include "codegen/Lowering.h"
#include "dialect/LatheDialect.h"

namespace mlir::lathe {

/// A convolution by `kernel.winograd` without its bias, as [N, H, W, F], where
/// that is possible and faster than one by its definition; else nothing.
Value convolveByWinograd(Structured &b, Conv2dOp op);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWER_WINOGRAD_H
