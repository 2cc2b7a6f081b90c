//===- FilterKernel.h - Frequency filters as kernels for devices ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_FILTERKERNEL_H
#define LATHE_CODEGEN_GPU_FILTERKERNEL_H

#include "codegen/Target.h"
#include "codegen/gpu/KernelFrame.h"
#include <memory>

namespace mlir::lathe::kernel {

/// Writes an op on memrefs as a kernel and its launch, or nothing where the
/// spectrum of a block of channels is larger than what a workgroup shares.
std::unique_ptr<KernelFrame> createFilterWriter(FrequencyFilterOp op,
                                                const DeviceTarget &target,
                                                OpBuilder &builder);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_FILTERKERNEL_H
