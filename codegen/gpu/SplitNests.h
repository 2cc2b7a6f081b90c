//===- SplitNests.h - Reductions that workgroups share ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_SPLITNESTS_H
#define LATHE_CODEGEN_GPU_SPLITNESTS_H

#include "codegen/KernelDialect.h"
#include "codegen/Target.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe::kernel {

/// Makes two nests of one whose tiles of 16-bit numbers would leave a device
/// idle: the first has the parts of a long reduction as one more dimension of
/// its result, and the second adds these up, in order, and finishes. Says
/// whether it did.
bool splitReduction(RewriterBase &rewriter, NestOp nest,
                    const DeviceTarget &target);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_SPLITNESTS_H
