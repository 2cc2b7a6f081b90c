//===- Checkpoint.h - The tensors that a model is given ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_CHECKPOINT_H
#define LATHE_CODEGEN_CHECKPOINT_H

#include "dialect/LatheDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "runtime/Safetensors.h"

namespace mlir::lathe {

/// One safetensors file of a checkpoint.
struct CheckpointFile {
  /// Put before each of its tensors' names, with a dot; "" for none: several
  /// tasks adapted from one network have tensors of the same names.
  std::string prefix;
  std::string path;

  /// Reads "file.safetensors" or "prefix=file.safetensors".
  static CheckpointFile parse(StringRef text);
};

/// A weight's tensor as a safetensors file has it.
::lathe::runtime::TensorEntry entryOf(WeightOp weight);

/// The mapped files of a checkpoint, compared with a model.
class Checkpoint {
public:
  /// Opens the files and compares them with the weights that `module`
  /// declares. A tensor of floats fits a weight of other floats. Reports what
  /// is missing or does not fit as errors, several in one run, and tensors that
  /// the model does not use as a warning a file (an error if `strict`).
  static FailureOr<Checkpoint> open(ArrayRef<CheckpointFile> files,
                                    ModuleOp module, bool strict);

  /// The bytes of a weight of the model.
  const unsigned char *data(StringRef weight) const {
    return weights.lookup(weight).file->contents.data(
        *weights.lookup(weight).entry);
  }
  /// The type of its elements there.
  LatheType type(StringRef weight) const {
    return weights.lookup(weight).entry->type;
  }

private:
  struct File {
    std::string prefix, path;
    ::lathe::runtime::Safetensors contents;

    std::string nameOf(const ::lathe::runtime::TensorEntry &entry) const {
      return prefix.empty() ? entry.name : prefix + "." + entry.name;
    }
  };
  struct Tensor {
    const File *file;
    const ::lathe::runtime::TensorEntry *entry;
  };
  LogicalResult addFile(const CheckpointFile &file, ModuleOp module);
  LogicalResult match(ModuleOp module);
  void reportMissing(WeightOp weight) const;
  LogicalResult reportExtra(ModuleOp module, bool strict) const;

  std::vector<std::unique_ptr<File>> files;
  llvm::StringMap<Tensor> tensors;
  llvm::StringMap<Tensor> weights;
};

/// Makes the weights of a model what the checkpoint has: floats of another type
/// than the spec's are read as they are, and converted behind that. A
/// conversion is computation on weights, and so done when compiling.
void readStoredTypes(ModuleOp module, const Checkpoint &checkpoint);

/// Gives the passes what they must know of a checkpoint: which channels its
/// masks keep. After `readStoredTypes`.
void readStructure(ModuleOp module, const Checkpoint &checkpoint);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_CHECKPOINT_H
