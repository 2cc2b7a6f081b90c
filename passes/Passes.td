//===- Passes.td - Passes on the dialect ---------------------------*- tablegen -* ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PASSES_PASSES_TD
#define LATHE_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

def ResolveWidths : Pass<"lathe-resolve-widths", "::mlir::ModuleOp"> {
  let summary = "tables what each configuration of widths costs";
  let description = [{
    Each `width_search` gets the FLOPs of the entry that it names, by the cost
    interface of the entry's ops, at every combination of the widths that the
    entry's inputs number: the attribute `lathe.costs`, the encoder's width
    being the slowest to change, and how many there are of each in
    `lathe.counts`. Other dynamic dimensions are taken at their least.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"configurations", "configurations", "configurations whose cost was tabled">];
}

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
