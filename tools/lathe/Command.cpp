//===- Command.cpp - The commands of the tool -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/Command.h"
#include "llvm/Support/WithColor.h"

using namespace lathe::tool;

static llvm::SmallVector<const Command *> &commands() {
  static llvm::SmallVector<const Command *> all;
  return all;
}

Command::Command(llvm::cl::SubCommand &parser, int (*run)(),
                 llvm::StringRef examples)
    : parser(parser), runCommand(run), examples(examples) {
  commands().push_back(this);
}

llvm::ArrayRef<const Command *> Command::getAll() { return commands(); }

bool lathe::tool::parseSettings(
    const llvm::cl::list<std::string> &texts,
    std::vector<mlir::lathe::frontend::Setting> &settings) {
  for (const std::string &text : texts) {
    auto [name, value] = llvm::StringRef(text).split('=');
    if (name.empty() || name.size() == text.size()) {
      llvm::WithColor::error(llvm::errs(), "lathe")
          << "--set takes name=value, not '" << text << "'\n";
      return false;
    }
    settings.push_back({name.str(), value.str()});
  }
  return true;
}
