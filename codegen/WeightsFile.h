//===- WeightsFile.h - From a checkpoint to the program's weights ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_WEIGHTSFILE_H
#define LATHE_CODEGEN_WEIGHTSFILE_H

#include "codegen/Checkpoint.h"

namespace mlir::lathe {

/// The tensors of a program's weights file and their places in it.
struct WeightsLayout {
  std::vector<::lathe::runtime::TensorEntry> tensors;
  uint64_t bytes = 0;
  std::string hash;
};
WeightsLayout getWeightsLayout(ModuleOp module);

/// Writes the weights file of a program: `main` declares its layout; weights
/// prepared at compile time come from the shared library at `preparePath`
/// (empty if there are none). The file appears whole or not at all. Memory
/// holds one weight and what it is prepared from at a time. With `progress`, a
/// line of standard error tells how far it is.
LogicalResult writeWeights(ModuleOp main, const Checkpoint &checkpoint,
                           StringRef preparePath, StringRef path,
                           bool progress = false);

/// Writes random values for every weight of a model, as their `init` says.
/// Equal seeds give equal files. With `perturbed`, constants ("ones", "zeros")
/// get some noise too, so that no parameter can be ignored unnoticed, and masks
/// keep some channels: one, all, or half of them for the draws 0, 1 and 2, any
/// number for the others.
LogicalResult writeRandomCheckpoint(ModuleOp module, uint64_t seed,
                                    StringRef path, bool perturbed = false,
                                    unsigned maskDraw = 3);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_WEIGHTSFILE_H
