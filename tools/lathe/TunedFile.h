//===- TunedFile.h - What `lathe tune` found, beside the spec -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A YAML file: choices by processor and step.
//
//     lathe-tuned: 1
//     znver4:
//       layer1.0.conv2: {winograd: 2}
//       fc: {vectors: 1}
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_TUNEDFILE_H
#define LATHE_TOOLS_LATHE_TUNEDFILE_H

#include "codegen/Choices.h"
#include "tools/lathe/Session.h"

namespace lathe::tool {

/// Choices by processor.
using TunedFile = std::map<std::string, mlir::lathe::Choices>;

/// The file that goes with a spec: "net.tuned" for "net.yaml".
std::string getTunedPath(llvm::StringRef spec);

/// Reads a file. A missing one is empty; false after diagnostics.
bool readTuned(llvm::StringRef path, mlir::MLIRContext &context,
               TunedFile &file);

/// Whether a file can be written there; false after a message.
bool canWriteTuned(llvm::StringRef path);

/// Writes a file, whole or not at all; false after a message.
bool writeTuned(llvm::StringRef path, const TunedFile &file);

/// The option by which commands that compile find choices.
struct TunedOptions {
  explicit TunedOptions(llvm::cl::SubCommand &command);
  /// Gives the session's module the choices for a processor, if there are any:
  /// of the file named, or of the one beside the spec. False after messages.
  bool apply(Session &session, const SpecOptions &spec,
             const mlir::lathe::CpuTarget &cpu) const;

  llvm::cl::opt<std::string> path;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_TUNEDFILE_H
