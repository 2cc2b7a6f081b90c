//===- Command.h - The commands of the tool -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `lathe COMMAND …`: each command is a file that defines an `llvm::cl`
// subcommand with its options and registers itself as a static `Command`.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_COMMAND_H
#define LATHE_TOOLS_LATHE_COMMAND_H

#include "frontend/LoadSpec.h"
#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// A command; instances live for the whole run and register themselves.
class Command {
public:
  /// `run` returns the exit code. `examples` end the command's --help.
  Command(llvm::cl::SubCommand &parser, int (*run)(), llvm::StringRef examples);

  llvm::StringRef getName() const { return parser.getName(); }
  llvm::StringRef getSummary() const { return parser.getDescription(); }
  llvm::StringRef getExamples() const { return examples; }
  /// Whether the command line asked for this command.
  bool isChosen() const { return static_cast<bool>(parser); }
  int run() const { return runCommand(); }

  static llvm::ArrayRef<const Command *> getAll();

private:
  llvm::cl::SubCommand &parser;
  int (*runCommand)();
  llvm::StringRef examples;
};

/// The settings that `--set name=value` options give; prints what is none and
/// returns false.
bool parseSettings(const llvm::cl::list<std::string> &texts,
                   std::vector<mlir::lathe::frontend::Setting> &settings);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_COMMAND_H
