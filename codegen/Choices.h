//===- Choices.h - What measuring chose for steps of a spec ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_CHOICES_H
#define LATHE_CODEGEN_CHOICES_H

#include "mlir/IR/BuiltinOps.h"
#include <map>
#include <optional>
#include <string>

namespace mlir::lathe {

/// How the code of a step is made where models of the machine decide
/// otherwise. Every choice gives right code; what cannot be had is ignored.
struct StepChoice {
  /// Vectors side by side in register tiles.
  std::optional<int64_t> vectors;
  /// The side of the tiles by which a convolution is computed with fewer
  /// multiplications, 2 or 4; 0 for none.
  std::optional<int64_t> winograd;

  bool operator==(const StepChoice &other) const {
    return vectors == other.vectors && winograd == other.winograd;
  }
};

/// By the paths of steps ("layer1.0.conv2").
using Choices = std::map<std::string, StepChoice>;

/// Keeps choices in the module's `lathe.choices`.
void setChoices(ModuleOp module, const Choices &choices);

/// The choice for the step that an op stands for.
StepChoice getChoice(Operation *op);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_CHOICES_H
