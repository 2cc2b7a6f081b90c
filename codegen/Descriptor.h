//===- Descriptor.h - What the runtime knows of a compiled model ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_DESCRIPTOR_H
#define LATHE_CODEGEN_DESCRIPTOR_H

#include "dialect/LatheDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"

namespace mlir::lathe {

/// Gathers the descriptor (docs/architecture.md) while a model is lowered:
/// names and shapes from the model as written, arenas and events from its
/// loops, the layout of its weights.
class DescriptorBuilder {
public:
  /// Reads the model phase: entries, inputs, outputs, steps, dims.
  explicit DescriptorBuilder(ModuleOp model);

  /// Reads arenas and events off the entries of the loops phase.
  void addCode(ModuleOp loops);

  /// Adds what a program needs to write text.
  void addText(const llvm::json::Object &text);

  /// The entries' functions, in the descriptor's order.
  SmallVector<std::string> getEntryNames() const;

  /// The JSON text, of code for a processor with the `extensions`.
  /// `weightsFile` is the name, without a folder, under which a program looks
  /// for its weights beside itself.
  std::string str(ModuleOp module, StringRef target,
                  ArrayRef<std::string> extensions, bool optimised,
                  StringRef weightsFile) const;

private:
  struct Step {
    std::string op, shape, flops;
  };

  llvm::json::Object model;
  /// Name and descriptor of each entry.
  llvm::MapVector<StringAttr, llvm::json::Object> entries;
  /// By the entry's name and the step's path: a step of two entries may have
  /// another size in each.
  llvm::StringMap<llvm::StringMap<Step>> steps;
  int64_t parameters = 0;
};

/// "f32", as descriptors and specs write element types.
std::string formatElementType(Type type);

/// The tensors of the program's weights file: those with a `lathe.offset`.
SmallVector<WeightOp> getProgramWeights(ModuleOp module);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_DESCRIPTOR_H
