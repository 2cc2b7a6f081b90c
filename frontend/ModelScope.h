//===- ModelScope.h - Names that a whole spec knows -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_MODELSCOPE_H
#define LATHE_FRONTEND_MODELSCOPE_H

#include "frontend/Evaluator.h"
#include "frontend/Spec.h"
#include <deque>

namespace mlir::lathe::frontend {

/// A named value from the command line: `--set name=value`.
struct Setting {
  std::string name, value;
};

/// A dynamic dimension.
struct Dimension {
  Location place;
  const YamlNode *definition;
  /// For a member of a family: what `{i}` stands for.
  std::optional<int64_t> number = std::nullopt;
  /// Over everything.
  DimExpr::Bounds bounds = {1, 1};
  /// The upper bound where it depends on dimensions before this one.
  std::optional<DimExpr> limit = std::nullopt;
  /// The input whose value the dimension has, or "".
  std::string input = "";
  /// Not empty: the input is a place in these.
  SmallVector<int64_t> values = {};
};

/// The lets and the dynamic dimensions of a spec. Lets are evaluated when first
/// looked up, so that they may refer to each other in any order.
class ModelScope : public Scope {
public:
  ModelScope(const Spec &spec, Budget &budget) : spec(spec), budget(budget) {}

  /// Settles lets by the command line; reports names that are none.
  void apply(ArrayRef<Setting> settings);
  /// Evaluates the bounds of the dimensions, and every let, so that mistakes in
  /// unused ones are found too.
  void evaluateAll();

  std::optional<Datum> lookup(StringRef name, bool embedded) override;
  void forEachName(function_ref<void(StringRef)> visit) override;
  std::optional<DimExpr::Bounds> boundsOf(StringRef dim) override;

  const llvm::MapVector<StringRef, Dimension> &getDims() const { return dims; }
  Budget &getBudget() { return budget; }

private:
  struct Let {
    Datum value = Datum::unknown();
    bool isDone = false;
    bool isOpen = false;
  };
  Datum evaluateLet(StringRef name, const Definition &definition);
  Datum applySetting(const Setting &setting, const Definition &definition);
  void declareDims();
  void declareDim(StringRef key, const Definition &definition);
  void evaluateDim(StringRef name, const YamlNode &definition, Dimension &dim);
  void evaluateDimValues(const YamlNode &node, Scope &scope, Dimension &dim);
  void evaluateDimBounds(StringRef name, const YamlNode &definition,
                         Scope &scope, Dimension &dim);
  std::optional<DimExpr> evaluateMost(const YamlNode &node, Scope &scope,
                                      StringRef name);

  const Spec &spec;
  Budget &budget;
  llvm::StringMap<Let> lets;
  unsigned openLets = 0;
  llvm::StringMap<const Setting *> overrides;
  llvm::MapVector<StringRef, Dimension> dims;
  /// The dimensions of each family, and the names that specs do not hold.
  llvm::StringMap<SmallVector<StringRef>> families;
  std::deque<std::string> names;
  bool areDimsDeclared = false;
};

/// The value of a YAML node outside of keys: scalars as YAML types them, text
/// with `${…}`, and lists of these.
Datum evaluateNode(const YamlNode &node, Scope &scope, Budget &budget,
                   const ExpansionSite *site = nullptr);

/// A whole number that a node gives, directly or as an expression; reports
/// anything else.
std::optional<int64_t> evaluateInteger(const YamlNode &node, StringRef what,
                                       Scope &scope, Budget &budget,
                                       const ExpansionSite *site = nullptr);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_MODELSCOPE_H
