//===- KernelUses.h - What is known of a kernel from its launches ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_KERNELUSES_H
#define LATHE_CODEGEN_GPU_KERNELUSES_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::lathe::kernel {

/// The buffer that a memref is a view of, or of which it is a part.
Value rootOf(Value buffer);

/// What the address of a buffer's first element is a multiple of.
uint64_t alignmentOf(Value buffer);

/// What all launches of a kernel have in common.
struct KernelUse {
  struct Buffer {
    /// No launch writes it: it is in other memory than the output.
    bool constant = true;
    /// Its first element's address is a multiple of so many bytes.
    uint64_t alignment = 64;
  };
  int64_t scalars = 0;
  SmallVector<Buffer> buffers; ///< Empty: nothing launches the kernel.
};

/// The uses of all kernels that `module` launches, by their names. Where a
/// kernel `startsEarly`, while others still run, what these write is not
/// constant for it either.
llvm::StringMap<KernelUse> findKernelUses(ModuleOp module, bool startsEarly);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_KERNELUSES_H
