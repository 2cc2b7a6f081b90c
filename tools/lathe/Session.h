//===- Session.h - What the commands share: a loaded spec and a target ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_SESSION_H
#define LATHE_TOOLS_LATHE_SESSION_H

#include "codegen/Compiler.h"
#include "frontend/LoadSpec.h"
#include "mlir/IR/MLIRContext.h"
#include "tools/lathe/Command.h"
#include "llvm/ADT/MapVector.h"

namespace lathe::tool {

/// The options by which commands name a spec.
struct SpecOptions {
  explicit SpecOptions(llvm::cl::SubCommand &command);

  llvm::cl::opt<std::string> path;
  llvm::cl::list<std::string> sets;
};

/// The options by which commands choose code.
struct TargetOptions {
  explicit TargetOptions(llvm::cl::SubCommand &command);
  /// The processor; nothing after a message, also of what is wrong with the
  /// devices.
  std::optional<mlir::lathe::CpuTarget> resolve() const;
  using Devices = std::vector<std::optional<mlir::lathe::DeviceTarget>>;
  /// What to compile for, once `resolve` found nothing wrong: devices, each
  /// beside the processor, then nothing if it is to do without, too.
  Devices resolveDevices() const;
  /// The first of them.
  std::optional<mlir::lathe::DeviceTarget> resolveDevice() const {
    return resolveDevices().front();
  }

  llvm::cl::opt<std::string> triple;
  llvm::cl::opt<std::string> cpu;

private:
  /// Appends what `--target` names; false after a message.
  bool readDevices(Devices &devices) const;
  /// Whether it names devices, and no triple.
  bool namesDevices() const;
};

/// The options by which commands choose passes of the phase lean.
struct LeanOptions {
  explicit LeanOptions(llvm::cl::SubCommand &command);
  /// False after a message that names the passes there are.
  bool apply(mlir::lathe::PipelineOptions &options) const;

  llvm::cl::list<std::string> without;
  llvm::cl::opt<mlir::lathe::AdapterChoice> adapters;
};

/// The option by which commands are given a checkpoint.
struct WeightsOption {
  WeightsOption(llvm::cl::SubCommand &command, llvm::StringRef description);
  std::vector<mlir::lathe::CheckpointFile> getFiles() const;

  llvm::cl::list<std::string> texts;
};

/// A spec, loaded into a context that can compile it.
class Session {
public:
  Session();
  /// Loads the spec; false after messages.
  bool load(const SpecOptions &options);

  mlir::ModuleOp getModule() { return *module; }

private:
  mlir::MLIRContext context;
  mlir::lathe::frontend::DiagnosticSink sink;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// Sizes by the names of dimensions, in the spec's order.
using DimSizes = llvm::MapVector<llvm::StringRef, int64_t>;

/// The sizes of a model's dimensions: their least, but what `--dim name=size`
/// options say. False after a message.
bool parseDims(mlir::ModuleOp module, const llvm::cl::list<std::string> &texts,
               DimSizes &sizes);

/// Prints "lathe: error: …" and returns the exit code 1.
int fail(const llvm::Twine &message);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_SESSION_H
