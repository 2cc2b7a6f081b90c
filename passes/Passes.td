//===- Passes.td - Passes on the dialect ---------------------------*- tablegen -* ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PASSES_PASSES_TD
#define LATHE_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

def SpecializeEntries : Pass<"lathe-specialize-entries", "::mlir::ModuleOp"> {
  let summary = "makes code for sizes that a spec singles out";
  let description = [{
    An entry with `lathe.specialize = {tokens = [1, "any"]}` gets a variant, a
    function in which `tokens` is 1: `lathe.variant_of` names the entry and
    `lathe.when` holds the sizes. With several dimensions there is one variant
    for each combination, those with the most sizes first. A run takes the first
    variant whose sizes are its own, and the entry itself where none fits.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect", "::mlir::func::FuncDialect"];
  let statistics = [Statistic<"variants", "variants", "variants made">];
}

#endif // LATHE_PASSES_PASSES_TD
