//===- RuntimeCall.h - Lowerings that call the runtime --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWER_RUNTIMECALL_H
#define LATHE_CODEGEN_LOWER_RUNTIMECALL_H

#include "codegen/Lowering.h"

namespace mlir::lathe {

/// A tensor that a function of the runtime stores.
struct Output {
  Shape shape;
  Type elementType;
};

/// Calls `function` of runtime/abi.h on dense buffers: its inputs, its outputs
/// (the last of which may be memory to work in) and its sizes. Returns the
/// outputs.
SmallVector<Value> callRuntime(Structured &b, StringRef function,
                               ValueRange inputs, ArrayRef<Output> outputs,
                               ArrayRef<DimExpr> sizes);

/// The k largest elements along the last dimension of an f32 tensor, largest
/// first, and their places as i64.
struct Selection {
  Value values;
  Value places;
};
Selection selectLargest(Structured &b, Value x, int64_t k);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWER_RUNTIMECALL_H
