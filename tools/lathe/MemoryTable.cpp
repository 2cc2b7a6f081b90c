//===- MemoryTable.cpp - The working memory of a program ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/MemoryTable.h"
#include "codegen/Compiler.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Format.h"

using namespace lathe::tool;
using namespace mlir::lathe;

/// The sizes that a variant of an entry is for: "prefill (tokens = 1)".
static std::string nameOf(mlir::func::FuncOp function) {
  auto entry =
      function->getAttrOfType<mlir::FlatSymbolRefAttr>("lathe.variant_of");
  if (!entry)
    return function.getName().str();
  std::string sizes;
  for (mlir::NamedAttribute size :
       function->getAttrOfType<mlir::DictionaryAttr>("lathe.when"))
    sizes +=
        (sizes.empty() ? "" : ", ") + size.getName().str() + " = " +
        std::to_string(mlir::cast<mlir::IntegerAttr>(size.getValue()).getInt());
  return (entry.getValue() + " (" + sizes + ")").str();
}

static void print(mlir::ModuleOp module, llvm::raw_ostream &os) {
  os << llvm::format("%-28s %16s %16s %8s\n", "entry", "working bytes",
                     "alive at once", "more");
  for (auto function : module.getOps<mlir::func::FuncOp>()) {
    auto arena =
        function->getAttrOfType<mlir::IntegerAttr>("lathe.arena_bytes");
    auto live = function->getAttrOfType<mlir::IntegerAttr>("lathe.live_bytes");
    if (!arena || !live)
      continue;
    double more =
        live.getInt() ? 100.0 * arena.getInt() / live.getInt() - 100 : 0;
    os << llvm::format("%-28s %16lld %16lld %6.1f %%\n",
                       nameOf(function).c_str(),
                       static_cast<long long>(arena.getInt()),
                       static_cast<long long>(live.getInt()), more);
  }
  auto state = module->getAttrOfType<mlir::IntegerAttr>("lathe.state_bytes");
  if (state && state.getInt() > 0)
    os << "state: " << state.getInt() << " bytes\n";
  os << "\nWith every dynamic dimension at its bound. No arena can be smaller "
        "than what is\nalive at once; entries run one at a time and share "
        "one.\n";
}

bool lathe::tool::printMemoryTable(mlir::ModuleOp module,
                                   const PipelineOptions &pipeline,
                                   llvm::raw_ostream &os) {
  CompileOptions options;
  options.pipeline = pipeline;
  options.emit = EmitKind::plugin;
  options.stopAfter = Phase::loops;
  options.inspect = [&](mlir::ModuleOp lowered) { print(lowered, os); };
  return mlir::succeeded(compile(module, options));
}
