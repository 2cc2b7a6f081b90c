//===- Elementwise.h - Element types by name ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_ELEMENTWISE_H
#define LATHE_DIALECT_ELEMENTWISE_H

#include "dialect/LatheDialect.h"

namespace mlir::lathe {

/// The type that a spec names "f32", "u8" or "bool".
Type getElementType(MLIRContext *context, ElementKind kind);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_ELEMENTWISE_H
