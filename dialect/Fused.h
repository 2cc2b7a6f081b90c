//===- Fused.h - The mark of ops that are lowered to one kernel -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_FUSED_H
#define LATHE_DIALECT_FUSED_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

namespace mlir::lathe {

/// The mark of an op that is to be lowered to one kernel, with a lowering of
/// its own, and not as the composition that it is.
inline constexpr StringLiteral fusedAttrName = "lathe.fused";

/// What the spectrum of a fused frequency filter may take of a thread's stack:
/// a larger one is in the arena.
inline constexpr int64_t mostSpectrumBytes = 384 * 1024;

inline bool isFused(Operation *op) { return op->hasAttr(fusedAttrName); }

inline void markFused(Operation *op) {
  op->setAttr(fusedAttrName, UnitAttr::get(op->getContext()));
}

} // namespace mlir::lathe

#endif // LATHE_DIALECT_FUSED_H
