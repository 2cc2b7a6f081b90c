//===- DimBounds.cpp - Bounds of sizes over named dimensions --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/DimBounds.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace mlir::lathe;

DimBounds::DimBounds(Operation *module) {
  auto dims = module->getAttrOfType<DictionaryAttr>("lathe.dims");
  auto limits = module->getAttrOfType<DictionaryAttr>("lathe.dim_limits");
  if (!dims)
    return;
  for (NamedAttribute dim : dims) {
    auto range = dyn_cast<DenseI64ArrayAttr>(dim.getValue());
    if (!range || range.size() != 2)
      continue;
    auto limit =
        limits ? limits.getAs<StringAttr>(dim.getName()) : StringAttr();
    add(dim.getName(), {range[0], range[1]},
        limit ? DimExpr::parse(limit) : std::nullopt);
  }
}

void DimBounds::add(StringRef name, DimExpr::Bounds range,
                    std::optional<DimExpr> limit) {
  bounds[name] = range;
  if (limit)
    limited.push_back({name.str(), std::move(*limit)});
}

/// The factor with which a size grows with a dimension; 0 unless the dimension
/// stands alone in one term and nowhere else.
static int64_t linearFactor(const DimExpr &size, StringRef name) {
  int64_t factor = 0;
  for (const auto &[monomial, coefficient] : size.getTerms()) {
    bool isAlone = monomial.size() == 1 && !monomial[0].dividend &&
                   monomial[0].name == name;
    if (isAlone)
      factor = coefficient;
    else
      for (const DimExpr::Atom &atom : monomial) {
        bool mentions = atom.name == name;
        if (atom.dividend)
          atom.dividend->forEachName(
              [&](StringRef other) { mentions |= other == name; });
        if (mentions)
          return 0;
      }
  }
  return factor;
}

std::optional<DimExpr::Bounds> DimBounds::of(const DimExpr &size) const {
  auto boundsOf = [&](StringRef name) -> std::optional<DimExpr::Bounds> {
    auto it = bounds.find(name);
    return it == bounds.end() ? std::nullopt : std::optional(it->second);
  };
  std::optional<DimExpr::Bounds> result = size.bounds(boundsOf);
  if (!result)
    return std::nullopt;
  // Each limit is over dimensions without one, or over limited ones that the
  // following rounds replace in turn.
  DimExpr most = size;
  for (size_t round = 0; round < limited.size(); ++round) {
    bool changed = false;
    for (const Limited &dim : limited) {
      int64_t factor = linearFactor(most, dim.name);
      if (factor <= 0)
        continue;
      most += DimExpr(factor) * (dim.limit - DimExpr::symbol(dim.name));
      changed = true;
      if (auto tighter = most.bounds(boundsOf))
        result->second = std::min(result->second, tighter->second);
    }
    if (!changed)
      break;
  }
  return result;
}
