//===- Detection.h - Query-based detection --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_DETECTION_H
#define LATHE_DIALECT_DETECTION_H

#include "dialect/LatheDialect.h"

namespace mlir::lathe {

/// Arithmetic operations of the overlap of one pair of boxes.
int64_t countOverlapWork(OverlapKind kind);

} // namespace mlir::lathe

#define GET_OP_CLASSES
#include "dialect/Detection.h.inc"

#endif // LATHE_DIALECT_DETECTION_H
