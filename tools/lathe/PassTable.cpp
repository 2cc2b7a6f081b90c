//===- PassTable.cpp - What each pass makes of a model --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/PassTable.h"
#include "dialect/LatheDialect.h"
#include "dialect/WeightMath.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Format.h"

using namespace lathe::tool;
using namespace mlir::lathe;

namespace {
struct Totals {
  int64_t parameters = 0, bytes = 0, flops = 0, multiplyAdds = 0;
  bool operator==(const Totals &) const = default;
};

using Evaluate = llvm::function_ref<int64_t(const DimExpr &)>;

/// What running one function costs. Values that depend on weights alone are
/// computed before: they count as the weights that the program has.
Totals measure(mlir::func::FuncOp function, Evaluate evaluate) {
  llvm::DenseSet<mlir::Value> prepared = findWeightMath(function.front());
  llvm::SmallDenseSet<mlir::Value> read;
  Totals totals;
  for (mlir::Operation &op : function.front()) {
    if (op.getNumResults() > 0 && prepared.contains(op.getResult(0)))
      continue;
    for (mlir::Value operand : op.getOperands())
      if (prepared.contains(operand) && read.insert(operand).second) {
        auto type = mlir::cast<mlir::RankedTensorType>(operand.getType());
        totals.parameters += type.getNumElements();
        totals.bytes +=
            type.getNumElements() * getElementBytes(type.getElementType());
      }
    if (auto cost = mlir::dyn_cast<CostOpInterface>(op)) {
      Work work = cost.getWork();
      totals.flops += evaluate(work.flops);
      totals.multiplyAdds += evaluate(work.multiplyAdds);
    }
  }
  return totals;
}

/// Rows of an entry: after which pass, and what it costs then.
using Rows = std::vector<std::pair<std::string, Totals>>;

/// Measures the entries after every pass.
class Measuring : public mlir::PassInstrumentation {
public:
  Measuring(llvm::MapVector<llvm::StringRef, Rows> &rows, Evaluate evaluate)
      : rows(rows), evaluate(evaluate) {}

  void runAfterPass(mlir::Pass *pass, mlir::Operation *op) override {
    if (auto module = mlir::dyn_cast<mlir::ModuleOp>(op))
      measureAll(module, pass->getArgument().str());
  }

  void measureAll(mlir::ModuleOp module, llvm::StringRef after) {
    after.consume_front("lathe-");
    for (auto function : module.getOps<mlir::func::FuncOp>()) {
      // Variants for single sizes do as their entries do.
      if (function.isDeclaration() || function->hasAttr("lathe.variant_of"))
        continue;
      Rows &own = rows[function.getName()];
      Totals totals = measure(function, evaluate);
      if (own.empty() || !(own.back().second == totals))
        own.push_back({after.str(), totals});
    }
  }

private:
  llvm::MapVector<llvm::StringRef, Rows> &rows;
  Evaluate evaluate;
};

/// "1.35 G"
std::string shortened(double number) {
  const char *units[] = {"", " k", " M", " G", " T"};
  int unit = 0;
  for (; number >= 1000 && unit < 4; ++unit)
    number /= 1000;
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format(unit ? "%.4g%s" : "%.0f%s", number, units[unit]);
  return text;
}

/// "-25.0 %", "~0 %" for less than the digits show, or nothing where nothing
/// changed.
std::string change(double before, double after) {
  if (before <= 0 || before == after)
    return "";
  double percent = 100 * (after / before - 1);
  if (std::abs(percent) < 0.05)
    return "~0 %";
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%+.1f %%", percent);
  return text;
}

void printEntry(llvm::StringRef entry, const Rows &rows,
                llvm::raw_ostream &os) {
  os << llvm::format("%-22s %12s %9s %12s %9s %12s %9s\n", entry.str().c_str(),
                     "parameters", "", "weight bytes", "", "FLOPs", "");
  for (auto [i, row] : llvm::enumerate(rows)) {
    const auto &[name, now] = row;
    const Totals &first = rows.front().second;
    auto of = [&](int64_t Totals::*what) { return shortened(now.*what); };
    auto by = [&](int64_t Totals::*what) {
      return i ? change(first.*what, now.*what) : std::string();
    };
    os << llvm::format("  %-20s %12s %9s %12s %9s %12s %9s\n", name.c_str(),
                       of(&Totals::parameters).c_str(),
                       by(&Totals::parameters).c_str(),
                       of(&Totals::bytes).c_str(), by(&Totals::bytes).c_str(),
                       of(&Totals::flops).c_str(), by(&Totals::flops).c_str());
  }
}
} // namespace

bool lathe::tool::printPassTable(mlir::ModuleOp module,
                                 const PipelineOptions &options,
                                 Evaluate evaluate, llvm::raw_ostream &os) {
  llvm::MapVector<llvm::StringRef, Rows> rows;
  auto measuring = std::make_unique<Measuring>(rows, evaluate);
  measuring->measureAll(module, "as written");
  mlir::PassManager pm(module->getContext());
  pm.addInstrumentation(std::move(measuring));
  buildLeanPipeline(pm, options);
  if (mlir::failed(pm.run(module)))
    return false;
  for (const auto &[entry, own] : rows)
    printEntry(entry, own, os);
  os << "\nParameters are the numbers that the program stores: those of int4 "
        "are two in one.\nShares are of the model as written. What is computed "
        "of weights alone is done when\ncompiling and costs a run nothing.\n";
  return true;
}
