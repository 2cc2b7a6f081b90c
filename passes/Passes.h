//===- Passes.h - Passes on the dialect ------------------------------*- C++ -*
//===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PASSES_PASSES_H
#define LATHE_PASSES_PASSES_H

#include "dialect/LatheDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/AdapterChoice.h"

namespace mlir::lathe {
#define GEN_PASS_DECL
#include "passes/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

/// The weights whose values `lathe-fold-masks` reads: the masks.
SmallVector<WeightOp> getStructuralWeights(ModuleOp module);
} // namespace mlir::lathe

#endif // LATHE_PASSES_PASSES_H
