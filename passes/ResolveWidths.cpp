//===- ResolveWidths.cpp - What each configuration of widths costs --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Slim.h"
#include "passes/Passes.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_RESOLVEWIDTHS
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// The FLOPs of an entry at given widths.
class EntryCost {
public:
  EntryCost(func::FuncOp entry, ModuleOp module) {
    entry.walk(
        [&](CostOpInterface op) { works.push_back(op.getWork().flops); });
    if (auto dims = module->getAttrOfType<DictionaryAttr>("lathe.dims"))
      for (NamedAttribute dim : dims)
        least[dim.getName()] = cast<DenseI64ArrayAttr>(dim.getValue())[0];
    if (auto table = module->getAttrOfType<DictionaryAttr>("lathe.dim_sources"))
      for (NamedAttribute dim : table)
        sources.push_back(
            {dim.getName(), cast<DictionaryAttr>(dim.getValue())});
  }

  /// The cost where each of `inputs` holds its number.
  double at(ArrayRef<StringRef> inputs, ArrayRef<int64_t> numbers) const {
    llvm::StringMap<int64_t> sizes = least;
    for (const auto &[dim, source] : sources) {
      auto values = source.getAs<DenseI64ArrayAttr>("values");
      auto input =
          llvm::find(inputs, source.getAs<StringAttr>("input").getValue());
      if (values && input != inputs.end())
        sizes[dim] = values[numbers[input - inputs.begin()]];
    }
    double flops = 0;
    for (const DimExpr &work : works)
      flops += work.evaluate([&](StringRef dim) -> std::optional<int64_t> {
                     auto it = sizes.find(dim);
                     return it == sizes.end() ? std::nullopt
                                              : std::optional(it->second);
                   })
                   .value_or(0);
    return flops;
  }

private:
  SmallVector<DimExpr> works;
  llvm::StringMap<int64_t> least;
  SmallVector<std::pair<StringRef, DictionaryAttr>> sources;
};

struct ResolveWidthsPass : lathe::impl::ResolveWidthsBase<ResolveWidthsPass> {
  void runOnOperation() override {
    getOperation().walk([&](WidthSearchOp op) { resolve(op); });
  }

private:
  void resolve(WidthSearchOp op) {
    auto entry = getOperation().lookupSymbol<func::FuncOp>(op.getEntry());
    EntryCost cost(entry, getOperation());
    SmallVector<std::string> names = op.getWidthInputs();
    SmallVector<StringRef> inputs(names.begin(), names.end());
    SmallVector<int64_t> counts = op.getWidthCounts(getOperation());
    SmallVector<int64_t> numbers(counts.size(), 0);
    SmallVector<double> costs;
    // Counts through all numbers, the last input's being the fastest.
    for (bool more = true; more;) {
      costs.push_back(cost.at(inputs, numbers));
      more = false;
      for (size_t i = counts.size(); i-- > 0 && !more;) {
        more = ++numbers[i] < counts[i];
        if (!more)
          numbers[i] = 0;
      }
    }
    configurations += costs.size();
    Builder b(&getContext());
    op->setAttr("lathe.costs", b.getDenseF64ArrayAttr(costs));
    op->setAttr("lathe.counts", b.getDenseI64ArrayAttr(counts));
  }
};
} // namespace
