//===- ObjectFile.h - Machine code out of the target phase ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_OBJECTFILE_H
#define LATHE_CODEGEN_OBJECTFILE_H

#include "codegen/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::lathe {

/// A kernel.binary (KernelOps.td).
struct DeviceKernel {
  std::string name, code;
  uint32_t buffers, scalars, workgroupSize, sharedBytes;
};

/// The kernels of a module of the target phase.
struct DeviceCode {
  SmallVector<DeviceKernel> kernels; ///< In the order of their numbers.
  /// The code of all kernels where they have it together, and what the
  /// target's assembler makes of it: empty if there is none.
  std::string text, machineCode;
};

/// Takes the kernels out of a module.
DeviceCode takeKernels(ModuleOp module);

/// What the object holds besides code.
struct ObjectContents {
  /// The functions of the entries, in the descriptor's order.
  SmallVector<std::string> entries;
  /// The descriptor, as JSON.
  std::string descriptor;
  /// A weights file to embed; empty for none.
  StringRef weights;
  /// A tokenizer's file to embed; empty for none.
  StringRef tokenizer;
  /// Kernels and the device that they are for.
  DeviceCode kernels;
  DeviceTarget device;
  /// The symbol of the LatheModelBinary.
  std::string symbol = "latheModel";
  /// That of the model's binary for another device; empty for none.
  std::string next;
};

enum class ObjectFormat { object, assembly, llvmIr };

/// Writes the code of a module in LLVM's dialect, with `latheModel` of
/// runtime/abi.h, to `os`. Reports failures at the module.
LogicalResult emitObject(ModuleOp module, const ObjectContents &contents,
                         const CpuTarget &target, bool optimise,
                         ObjectFormat format, llvm::raw_pwrite_stream &os);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_OBJECTFILE_H
