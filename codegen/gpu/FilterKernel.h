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

/// Numbers of an image's spectrum, where a workgroup does not share that of a
/// block of channels; else 0.
int64_t countSpectrumNumbers(FrequencyFilterOp op, const DeviceTarget &target);

/// Writes an op on memrefs as a kernel and its launch: all of it, or, where it
/// has memory for spectra, their columns; nothing if a workgroup does not share
/// that much.
std::unique_ptr<KernelFrame> createFilterWriter(FrequencyFilterOp op,
                                                const DeviceTarget &target,
                                                OpBuilder &builder);
/// Writes what makes spectra of rows before that kernel, or rows of the result
/// behind it.
std::unique_ptr<KernelFrame> createLineWriter(FrequencyFilterOp op,
                                              bool isInverse,
                                              const DeviceTarget &target,
                                              OpBuilder &builder);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_FILTERKERNEL_H
