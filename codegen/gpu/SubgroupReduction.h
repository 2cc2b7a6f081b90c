//===- SubgroupReduction.h - What a subgroup combines at once ---*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_SUBGROUPREDUCTION_H
#define LATHE_CODEGEN_GPU_SUBGROUPREDUCTION_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe::kernel {

/// The instruction by which subgroups combine values of 32 bits as `combiner`
/// does two of them. Nothing if there is none.
std::optional<gpu::AllReduceOperation> findReduction(Operation *combiner);

/// Combines what the invocations of a subgroup have; all of them get it. The
/// combiner must have an instruction. In which order it combines is the
/// device's own, and the same in every run.
Value reduceInSubgroup(ImplicitLocOpBuilder &b, Value value,
                       Operation *combiner);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_SUBGROUPREDUCTION_H
