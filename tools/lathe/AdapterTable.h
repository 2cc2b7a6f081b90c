//===- AdapterTable.h - Which form adapters take, and why -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_ADAPTERTABLE_H
#define LATHE_TOOLS_LATHE_ADAPTERTABLE_H

#include "codegen/Pipelines.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace lathe::tool {

/// What the forms of a model's Kronecker adapters cost, and which the compiler
/// takes: a row for all adapters of a function that are alike.
class AdapterTable {
public:
  /// Runs the passes of the phase lean on a copy of the model. False after an
  /// error.
  bool read(mlir::ModuleOp module, mlir::lathe::PipelineOptions options);

  /// Prints nothing for a model without adapters.
  void print(llvm::raw_ostream &os) const;
  llvm::json::Array toJson() const;

private:
  struct Row {
    std::string function, rank;
    int64_t inputs, outputs, terms, count;
    mlir::lathe::AdapterCosts costs;
    bool isMerged;
  };
  std::vector<Row> rows;
  std::string processor, sizes;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_ADAPTERTABLE_H
