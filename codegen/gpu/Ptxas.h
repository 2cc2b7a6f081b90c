//===- Ptxas.h - CUDA's assembler -----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_PTXAS_H
#define LATHE_CODEGEN_GPU_PTXAS_H

#include "mlir/IR/MLIRContext.h"
#include <optional>
#include <string>

namespace mlir::lathe::kernel {

/// The path of ptxas: below what CUDA_HOME, CUDA_PATH or CUDA_ROOT names, on
/// the path, or in CUDA's usual place. Empty if there is none.
std::string findPtxas();

/// What `assembler` makes of PTX: a file for devices of `architecture`. If it
/// cannot, that is a warning and nothing is returned: the driver takes PTX.
std::optional<std::string> assemblePtx(StringRef assembler, StringRef ptx,
                                       StringRef architecture,
                                       MLIRContext *context);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_PTXAS_H
