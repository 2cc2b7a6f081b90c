//===- Neighbours.h - What lies in a piece of memory ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_NEIGHBOURS_H
#define LATHE_CODEGEN_GPU_NEIGHBOURS_H

#include "codegen/KernelDialect.h"

namespace mlir::lathe::kernel {

/// Bytes that one instruction copies to the memory of a workgroup.
inline constexpr int64_t copiedBytes[] = {16, 8, 4};

/// How many elements of input `i` of a nest on memrefs one instruction copies:
/// as many neighbours along dimensions that count as one, the last one fastest,
/// lie one behind the other in memory, from each multiple of their number on,
/// at an address that is a multiple of their bytes. 0 if there are none.
///
/// Where the extent is no multiple of that, only the last ones are beyond it.
int64_t countCopied(NestOp nest, unsigned input, ArrayRef<unsigned> dims);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_NEIGHBOURS_H
