//===- PassTable.h - What each pass makes of a model ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_PASSTABLE_H
#define LATHE_TOOLS_LATHE_PASSTABLE_H

#include "codegen/Pipelines.h"
#include "dialect/DimExpr.h"
#include "mlir/IR/BuiltinOps.h"

namespace lathe::tool {

/// Runs the passes of the phase lean over `module` and prints, for each entry
/// of the spec, what the program of the model as it is costs, and after each
/// pass that changes that: parameters and bytes that it reads, arithmetic of
/// one run, what is computed of weights alone not counted. `evaluate` gives
/// sizes their values. False after an error.
bool printPassTable(
    mlir::ModuleOp module, const mlir::lathe::PipelineOptions &options,
    llvm::function_ref<int64_t(const mlir::lathe::DimExpr &)> evaluate,
    llvm::raw_ostream &os);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_PASSTABLE_H
