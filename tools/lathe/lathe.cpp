//===- lathe.cpp - The compiler's command line ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/Command.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"
#include <optional>

using namespace lathe::tool;

static constexpr llvm::StringRef examples = R"(
Examples:
  lathe check specs/digits/digits.yaml       look for mistakes in a spec
  lathe COMMAND --help                       what a command does, with examples
)";

static const Command *findCommand(llvm::StringRef name) {
  for (const Command *command : Command::getAll())
    if (command->getName() == name)
      return command;
  return nullptr;
}

static void printOverview() {
  llvm::outs() << "Lathe compiles specs of lean neural networks into native "
                  "programs.\n\nUsage: lathe COMMAND [options]\n\nCommands:\n";
  for (const Command *command : Command::getAll())
    llvm::outs() << "  " << llvm::formatv("{0,-10}", command->getName())
                 << command->getSummary() << "\n";
  llvm::outs() << examples;
}

static int refuse(llvm::StringRef name) {
  llvm::StringRef nearest;
  for (const Command *command : Command::getAll())
    if (name.edit_distance(command->getName()) <= 2)
      nearest = command->getName();
  llvm::raw_ostream &os = llvm::WithColor::error(llvm::errs(), "lathe");
  os << "there is no command '" << name << "'";
  if (!nearest.empty())
    os << "; did you mean '" << nearest << "'?";
  os << "\n";
  return 1;
}

int main(int argc, char **argv) {
  llvm::InitLLVM initLLVM(argc, argv);
  llvm::StringRef name = argc > 1 ? argv[1] : "";
  if (name.empty() || name == "--help" || name == "-h" || name == "help") {
    printOverview();
    return name.empty();
  }
  const Command *command = findCommand(name);
  if (!command && !name.starts_with("-"))
    return refuse(name);
  std::optional<llvm::cl::extrahelp> commandExamples;
  if (command)
    commandExamples.emplace(command->getExamples());
  llvm::cl::ParseCommandLineOptions(argc, argv, "Lathe\n");
  if (command && command->isChosen())
    return command->run();
  printOverview();
  return 1;
}
