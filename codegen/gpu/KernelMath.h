//===- KernelMath.h - Arithmetic as kernels have it -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_KERNELMATH_H
#define LATHE_CODEGEN_GPU_KERNELMATH_H

#include "mlir/IR/Operation.h"

namespace mlir::lathe::kernel {

/// Writes powers of two of f32 by exponentials, which are exact where powers of
/// two are: shading languages have a function that is not.
void expandPowersOfTwo(Operation *kernels);

/// Makes one op of products and the sums that alone read them, where these may
/// contract: the device's compiler must round all else as it is written.
void contractSums(Operation *kernels);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_KERNELMATH_H
