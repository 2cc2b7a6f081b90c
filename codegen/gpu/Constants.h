//===- Constants.h - The constants that kernels read ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_CONSTANTS_H
#define LATHE_CODEGEN_GPU_CONSTANTS_H

#include "mlir/IR/BuiltinOps.h"

namespace mlir::lathe::kernel {

/// The global that `gatherConstants` makes.
inline constexpr llvm::StringLiteral constantsName = "lathe_constants";

/// Moves all constants that launches read into one global of bytes, of which
/// the device gets a copy.
void gatherConstants(ModuleOp module);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_CONSTANTS_H
