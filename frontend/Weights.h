//===- Weights.h - The parameters of a model ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_WEIGHTS_H
#define LATHE_FRONTEND_WEIGHTS_H

#include "dialect/LatheDialect.h"
#include "frontend/ModelScope.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lathe::frontend {

/// Declares parameters in a module, each once: the entries of a model share
/// them, and steps that say so. Likewise the states that steps own.
class Weights {
public:
  explicit Weights(ModuleOp module) : module(module) {}

  /// Names declared from now on may be those of earlier entries.
  void startEntry() { ++entry; }

  /// The symbol of a parameter; null after a mistake: a name that another step
  /// took, or, with `shares`, one that no step made or one of another shape.
  FlatSymbolRefAttr declare(StringRef name, RankedTensorType type,
                            StringRef init, Location location, bool shares);

  /// The symbol of a state that a step owns, which the entries share; null
  /// after a mistake: two steps of one entry with one path, or types that
  /// differ.
  FlatSymbolRefAttr declareState(StringRef name, RankedTensorType type,
                                 Location location);

  /// Sets the names that the parameters have in the checkpoint by the spec's
  /// `rename` table, and the module's list of names to ignore.
  void rename(const Spec &spec, ModelScope &scope);

private:
  struct Declared {
    WeightOp op;
    Location place;
    unsigned entry;
  };
  void addSources(const YamlNode &table, ModelScope &scope);

  ModuleOp module;
  struct DeclaredState {
    StateOp op;
    unsigned entry;
  };
  llvm::MapVector<StringAttr, Declared> declared;
  llvm::MapVector<StringAttr, DeclaredState> states;
  Operation *last = nullptr;
  unsigned entry = 0;
};

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_WEIGHTS_H
