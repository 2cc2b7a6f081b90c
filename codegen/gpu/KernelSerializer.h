//===- KernelSerializer.h - Kernels into the code of a kind of device -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass serialize-kernels does what all kinds of device share; a serializer
// does the rest for one of them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_KERNELSERIALIZER_H
#define LATHE_CODEGEN_GPU_KERNELSERIALIZER_H

#include "codegen/Target.h"
#include "codegen/gpu/KernelUses.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lathe::kernel {

/// The gpu.binary that holds the code of all kernels together.
inline constexpr llvm::StringLiteral imageName = "lathe_kernels";

class KernelSerializer {
public:
  virtual ~KernelSerializer() = default;

  /// Translates the kernel that is alone in `module`, a copy that may be
  /// changed. Returns its code, or an empty text where all kernels together
  /// have some. What cannot be translated is said at the op.
  virtual FailureOr<std::string>
  serialize(ModuleOp module, gpu::GPUFuncOp function, const KernelUse &use) = 0;
  /// The code of all kernels together, or an empty text where each has its own.
  virtual FailureOr<std::string> finish() { return std::string(); }
};

/// SPIR-V 1.3, a module a kernel.
std::unique_ptr<KernelSerializer> createSpirvSerializer(MLIRContext *context);

/// PTX, a module for all kernels.
std::unique_ptr<KernelSerializer>
createPtxSerializer(const DeviceTarget &device, MLIRContext *context);

/// Expands what has no instruction on devices, and cleans up. `expandBf16`:
/// also conversions to and from bf16.
LogicalResult simplifyKernel(ModuleOp module, bool expandBf16);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_KERNELSERIALIZER_H
