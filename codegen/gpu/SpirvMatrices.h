//===- SpirvMatrices.h - Cooperative matrices in SPIR-V ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_SPIRVMATRICES_H
#define LATHE_CODEGEN_GPU_SPIRVMATRICES_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/SPIRV/Transforms/SPIRVConversion.h"

namespace mlir::lathe::kernel {

/// Whether a kernel multiplies cooperative matrices.
bool hasMatrices(gpu::GPUFuncOp kernel);

/// Adds patterns for kernel.load_matrix and kernel.store_matrix.
void populateMatrixPatterns(SPIRVTypeConverter &types,
                            RewritePatternSet &patterns);

/// Gives a module Vulkan's memory model, without which there are no cooperative
/// matrices: there, memory of the workgroup says that others see it, and
/// barriers that they make it seen.
void useVulkanMemoryModel(spirv::ModuleOp module);

/// Adds the capabilities to those of a module that MLIR does not find: for
/// numbers of subgroups, and for matrices of bf16.
void completeCapabilities(spirv::ModuleOp module);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_SPIRVMATRICES_H
