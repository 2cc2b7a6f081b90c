//===- MemoryTable.h - The working memory of a program --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_MEMORYTABLE_H
#define LATHE_TOOLS_LATHE_MEMORYTABLE_H

#include "codegen/Pipelines.h"
#include "mlir/IR/BuiltinOps.h"

namespace lathe::tool {

/// Compiles a model up to the planning of its memory and prints, for each
/// entry, the arena's bytes with every dynamic dimension at its bound, and how
/// much is alive at the same time at most, below which no arena can be. False
/// after an error.
bool printMemoryTable(mlir::ModuleOp module,
                      const mlir::lathe::PipelineOptions &options,
                      llvm::raw_ostream &os);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_MEMORYTABLE_H
