//===- Frame.h - Names that the steps of one graph know -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_FRAME_H
#define LATHE_FRONTEND_FRAME_H

#include "frontend/ModelScope.h"

namespace mlir::lathe::frontend {

/// What a step gave: a tensor, a list of tensors, or unknown.
struct StepResult {
  Datum value;
  Location place;
};

/// The results of the steps of an entry, by their full paths.
class StepResults {
public:
  /// Registers a result; reports a path that is taken already.
  void define(const Twine &path, Datum value, Location place);
  /// Gives a path a value whether it is taken or not: the last repetition of a
  /// step also goes by the step's own name.
  void alias(const Twine &path, Datum value, Location place);
  const StepResult *find(const Twine &path) const;
  /// Calls `visit` with the paths below `prefix`, without it.
  void forEachBelow(StringRef prefix,
                    function_ref<void(StringRef)> visit) const;

private:
  llvm::StringMap<StepResult> results;
};

/// The steps of an entry's graph or of one expansion of a block, as they run:
/// names, inputs, and the result of the step before.
class Frame : public Scope {
public:
  Frame(ModelScope &model, StepResults &results)
      : model(model), results(results) {}

  std::optional<Datum> lookup(StringRef name, bool embedded) override;
  void forEachName(function_ref<void(StringRef)> visit) override;
  std::optional<DimExpr::Bounds> boundsOf(StringRef dim) override {
    return model.boundsOf(dim);
  }

  /// A step or a tensor of the frame by name; nothing if there is none.
  std::optional<Datum> lookupTensors(StringRef name);
  void forEachTensorName(function_ref<void(StringRef)> visit);

  /// `name` below the frame's scope.
  std::string pathOf(const Twine &name) const;
  /// `place` as seen through the block expansions around the frame.
  Location locate(Location place) const;
  /// The text of a scalar in this frame.
  SourceText sourceOf(const YamlNode &scalar) const {
    return SourceText(scalar, site ? &*site : nullptr);
  }
  Datum evaluate(const YamlNode &node) {
    return evaluateNode(node, *this, model.getBudget(),
                        site ? &*site : nullptr);
  }

  ModelScope &model;
  StepResults &results;
  /// Scopes of the results' names, and of the parameters'.
  std::string path, weightPath;
  /// Whether parameters belong to another step, which made them.
  bool sharesWeights = false;
  /// The step that expands this block, if any.
  std::optional<ExpansionSite> site;
  /// Parameters of the block, and the repetition's `index`.
  llvm::StringMap<Datum> variables;
  /// What the block takes: tensors, or unknown.
  Datum::List inputs;
  /// What the step before gave.
  Datum current = Datum::null();
};

/// Joins two parts of a dotted name, either of which may be empty.
std::string joinPath(StringRef scope, const Twine &name);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_FRAME_H
