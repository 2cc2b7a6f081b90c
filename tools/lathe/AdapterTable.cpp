//===- AdapterTable.cpp - Which form adapters take, and why ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/AdapterTable.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Format.h"

using namespace lathe::tool;
using namespace mlir::lathe;

static bool hasAdapters(mlir::ModuleOp module) {
  return module
      .walk([](KroneckerAdapterOp) { return mlir::WalkResult::interrupt(); })
      .wasInterrupted();
}

bool AdapterTable::read(mlir::ModuleOp module, PipelineOptions options) {
  if (!hasAdapters(module))
    return true;
  mlir::OwningOpRef<mlir::ModuleOp> copy = module.clone();
  options.without.push_back("merge-adapters");
  mlir::PassManager pm(module->getContext());
  buildLeanPipeline(pm, options);
  if (mlir::failed(pm.run(*copy)))
    return false;
  CostModel model(*copy, getMachine(options.target));
  processor = options.target.cpu;
  sizes = model.describeSizes();
  copy->walk([&](KroneckerAdapterOp op) {
    AdapterCosts costs = estimateForms(op, model);
    Row row{op->getParentOfType<mlir::func::FuncOp>().getName().str(),
            op.getW() ? "full" : getDim(op.getWLeft(), -1).str(),
            *getDim(op.getInput(), -1).getConstant(),
            *getDim(op.getResult(), -1).getConstant(),
            *getDim(op.getW() ? op.getW() : op.getWLeft(), 0).getConstant(),
            1,
            costs,
            costs.choose(options.adapters) == KroneckerForm::merged};
    auto isAlike = [&](const Row &other) {
      auto key = [](const Row &r) {
        return std::tie(r.function, r.rank, r.inputs, r.outputs, r.terms,
                        r.costs.merged, r.costs.factored);
      };
      return key(other) == key(row);
    };
    auto like = llvm::find_if(rows, isAlike);
    if (like == rows.end())
      rows.push_back(std::move(row));
    else
      ++like->count;
  });
  return true;
}

void AdapterTable::print(llvm::raw_ostream &os) const {
  if (rows.empty())
    return;
  os << "\nKronecker adapters on " << processor;
  if (!sizes.empty())
    os << " at " << sizes;
  os << ": estimated microseconds of one\n"
     << llvm::format("%-24s %5s %13s %5s %5s %9s %9s  %s\n", "function",
                     "count", "features", "n", "rank", "merged", "factored",
                     "choice");
  for (const Row &row : rows) {
    std::string features =
        std::to_string(row.inputs) + " to " + std::to_string(row.outputs);
    os << llvm::format("%-24s %5lld %13s %5lld %5s %9.3f %9.3f  %s\n",
                       row.function.c_str(), (long long)row.count,
                       features.c_str(), (long long)row.terms, row.rank.c_str(),
                       row.costs.merged * 1e6, row.costs.factored * 1e6,
                       row.isMerged ? "merged" : "factored");
  }
}

llvm::json::Array AdapterTable::toJson() const {
  llvm::json::Array array;
  for (const Row &row : rows)
    array.push_back(
        llvm::json::Object{{"function", row.function},
                           {"count", row.count},
                           {"inputs", row.inputs},
                           {"outputs", row.outputs},
                           {"n", row.terms},
                           {"rank", row.rank},
                           {"merged_seconds", row.costs.merged},
                           {"factored_seconds", row.costs.factored},
                           {"choice", row.isMerged ? "merged" : "factored"}});
  return array;
}
