//===- KernelDialect.h - Loop nests between linalg and loops
//-----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_KERNELDIALECT_H
#define LATHE_CODEGEN_KERNELDIALECT_H

#include "codegen/RowPlan.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "codegen/KernelDialect.h.inc"
#include "codegen/KernelInterfaces.h.inc"
#define GET_OP_CLASSES
#include "codegen/KernelOps.h.inc"

namespace mlir::lathe::kernel {
/// Lets one-shot bufferization see kernel.nest.
void registerBufferization(DialectRegistry &registry);
} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_KERNELDIALECT_H
