//===- Bounds.h - The greatest sizes of buffers ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_BOUNDS_H
#define LATHE_CODEGEN_BOUNDS_H

#include "mlir/IR/Value.h"
#include <optional>

namespace mlir::lathe {

/// The greatest size of a dimension of a buffer, from the bounds of the
/// function's arguments; nothing if it is not known.
std::optional<int64_t> upperBoundOfDim(Value buffer, int64_t index);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_BOUNDS_H
