//===- Transfers.h - What the host reads and writes between launches ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_TRANSFERS_H
#define LATHE_CODEGEN_GPU_TRANSFERS_H

#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::lathe::kernel {

/// Puts a kernel.wait before each part of an entry's code where the host
/// touches memory, for the buffers that it reads, and behind what writes some a
/// kernel.upload of these. So the device always has the present contents of all
/// buffers, the host of those that it reads. Inputs, weights and constants are
/// the host's as well as the device's and need neither; arguments that the host
/// reads so get `lathe.on_host`.
void insertTransfers(func::FuncOp entry);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_TRANSFERS_H
