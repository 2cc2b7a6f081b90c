//===- Sequence.h - Attention over sequences and what goes with it --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_SEQUENCE_H
#define LATHE_DIALECT_SEQUENCE_H

#include "dialect/LatheDialect.h"

#define GET_OP_CLASSES
#include "dialect/Sequence.h.inc"

namespace mlir::lathe {

/// The factor of the scores: the op's own, or 1/√d.
double getScoreScale(AttentionOp op);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_SEQUENCE_H
