//===- Compiler.h - From a module to a program ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_COMPILER_H
#define LATHE_CODEGEN_COMPILER_H

#include "codegen/Checkpoint.h"
#include "codegen/Pipelines.h"
#include "codegen/WeightsFile.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::lathe {

enum class Phase { model, lean, tensor, loops, target };

enum class EmitKind {
  executable,
  library,
  /// A shared library without the runtime, which the loading process has.
  plugin,
  object,
  assembly,
  llvmIr,
  /// The kernels for CUDA devices alone, as text.
  ptx
};

/// What was emitted before, by a digest of what it was emitted from.
using EmittedCode = llvm::StringMap<std::string>;

class OutputFiles;

struct CompileOptions {
  PipelineOptions pipeline;
  EmitKind emit = EmitKind::executable;
  /// The checkpoint; without one only code is written.
  std::vector<CheckpointFile> weights;
  bool embedWeights = false;
  bool strictWeights = false;
  /// The file of a tokenizer in place of the spec's.
  std::string tokenizer;
  std::string output;
  /// Objects with the model's code for further devices, the symbol of the first
  /// one's LatheModelBinary, and the parts of the runtime that they need.
  std::vector<std::string> objects;
  std::string next;
  std::vector<std::string> parts;
  /// What makes this such an object: where it goes, the symbol of its
  /// LatheModelBinary, and what the name of its weights file ends with.
  std::string object;
  std::string symbol, suffix;
  std::optional<Phase> dumpAfter;
  std::optional<Phase> stopAfter;
  /// Gets the module after the phase `stopAfter`, which is written otherwise.
  std::function<void(ModuleOp)> inspect;
  bool verifyEach = false;
  bool timing = false;
  /// Tells on standard error how far the weights are.
  bool progress = false;
  /// Of earlier compilations: whoever compiles a model for one checkpoint after
  /// another emits code that is the same only once. May be null.
  EmittedCode *emitted = nullptr;
};

/// Compiles a module of the model phase: code, weights file and, for a
/// library, its C header. Outputs appear together and whole, or not at all.
/// Failures are reported as diagnostics.
LogicalResult compile(ModuleOp module, const CompileOptions &options);

/// The same, of which the outputs appear with others.
LogicalResult compile(ModuleOp module, const CompileOptions &options,
                      OutputFiles &outputs);

/// The files that a compilation reads: it does not write over them.
SmallVector<std::string> getInputs(ModuleOp module,
                                   const CompileOptions &options);

/// The same for several devices, of which an empty one is the processor alone:
/// the program has the code and the weights of each, and runs one of them.
/// Those for devices come first.
LogicalResult compileForAll(ModuleOp module, const CompileOptions &options,
                            ArrayRef<std::optional<DeviceTarget>> devices);

/// The name of the weights file that goes with `output`: "affnet.weights" for
/// "affnet" and "libaffnet.so".
std::string getWeightsPath(StringRef output);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_COMPILER_H
