//===- CommandLine.h - The options of a compiled program
//--------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_COMMANDLINE_H
#define LATHE_RUNTIME_MAIN_COMMANDLINE_H

#include "runtime/main/TensorRoles.h"
#include <span>
#include <vector>

namespace lathe::runtime {

/// One run of an entry.
struct Call {
  uint32_t entry = 0;
  /// Tensor to file, numbers, or "@" and an output of the run before.
  std::map<std::string, std::string> inputs;
  std::map<std::string, std::string> outputs;
  /// How often it runs. The outputs of several runs are stacked.
  uint32_t repeat = 1;
};

/// What a compiled program is asked to do.
struct Options {
  enum Action { Run, Help, Info, InfoAsJson, CheckWeights } action = Run;
  std::vector<Call> calls; ///< In this order, by one instance; at least one.
  std::map<std::string, int64_t> dims; ///< For inputs that are made up.
  std::string weights;                 ///< Empty: where the model looks.
  std::string profile;                 ///< Empty: none.
  std::optional<std::string> json;     ///< Empty: the standard output.
  std::optional<double> benchSeconds;
  uint32_t threads = 0; ///< 0: every processor.
};

/// Reads the arguments after the program's name. Besides the options that all
/// programs have, each input and output of the entry is one. An argument ":"
/// stands between calls. `roles` are those of each entry.
Result<Options> parseCommandLine(const LatheModelInfo &model,
                                 std::span<const EntryRoles> roles,
                                 std::span<const char *const> arguments);

/// The text for --help, with examples.
std::string helpText(const LatheModelInfo &model, const LatheEntryInfo &entry,
                     const EntryRoles &roles, const std::string &program);

inline std::span<const LatheTensorInfo> inputsOf(const LatheEntryInfo &entry) {
  return {entry.inputs, entry.inputCount};
}
inline std::span<const LatheTensorInfo> outputsOf(const LatheEntryInfo &entry) {
  return {entry.outputs, entry.outputCount};
}

/// "f32[batch, 1, 16, 16]"
std::string typeText(const LatheTensorInfo &tensor);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_COMMANDLINE_H
