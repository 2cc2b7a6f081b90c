//===- CostModel.cpp - Seconds that an op takes, roughly ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CostModel.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

CostModel::CostModel(ModuleOp module, const Machine &machine)
    : machine(machine) {
  auto bounds = module->getAttrOfType<DictionaryAttr>("lathe.dims");
  if (!bounds)
    return;
  for (NamedAttribute dim : bounds) {
    auto range = cast<DenseI64ArrayAttr>(dim.getValue());
    double least = std::max<int64_t>(1, range[0]);
    sizes[dim.getName()] = std::llround(std::sqrt(least * double(range[1])));
    order.push_back(dim.getName());
  }
}

double CostModel::evaluate(const DimExpr &size) const {
  return size
      .evaluate([&](StringRef name) -> std::optional<int64_t> {
        auto it = sizes.find(name);
        return it == sizes.end() ? std::nullopt : std::optional(it->second);
      })
      .value_or(1);
}

/// How many times as many lanes as elements a row of the result takes: what a
/// vector does not fill is done by vectors of half the width, and so on.
static double paddingOf(Operation *op, int64_t vectorBytes) {
  Value result = op->getResult(0);
  Shape shape = getShape(result);
  std::optional<int64_t> columns =
      shape.empty() ? std::nullopt : shape.back().getConstant();
  int64_t bytes = getElementBytes(getElementTypeOrSelf(result));
  int64_t lanes = std::max<int64_t>(1, vectorBytes / bytes);
  if (!columns || *columns == 0)
    return 1;
  int64_t vectors =
      *columns / lanes + llvm::popcount(uint64_t(*columns % lanes));
  return double(vectors * lanes) / *columns;
}

double CostModel::secondsOf(Operation *op) const {
  auto cost = dyn_cast<CostOpInterface>(op);
  if (!cost)
    return 0;
  Work work = cost.getWork();
  double flops = evaluate(work.flops) * paddingOf(op, machine.vectorBytes);
  double arithmetic = flops / machine.flops;
  if (evaluate(work.multiplyAdds) == 0)
    return arithmetic;
  return std::max(arithmetic, evaluate(cost.getBytes()) / machine.bytes);
}

std::string CostModel::describeSizes() const {
  return llvm::join(
      llvm::map_range(order,
                      [&](StringRef name) {
                        return (name + " = " + Twine(sizes.lookup(name))).str();
                      }),
      ", ");
}
