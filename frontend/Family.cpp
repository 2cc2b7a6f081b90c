//===- Family.cpp - Names that stand for several
//----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Family.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

static constexpr int64_t mostMembers = 1000;

std::optional<Family> lathe::frontend::readFamily(StringRef key, Location place,
                                                  const YamlNode *repeat,
                                                  StringRef example,
                                                  Scope &scope,
                                                  Budget &budget) {
  auto [before, after] = key.split("{i}");
  bool isFamily = before.size() != key.size();
  if (isFamily != (repeat != nullptr) || after.contains("{i}")) {
    emitError(place) << "'repeat' and one '{i}' in the name go together, as in "
                     << example << "; the name is '" << key << "'";
    return std::nullopt;
  }
  if (!isFamily)
    return Family{"", {key.str()}};
  Family family{(before + after).str(), {}};
  if (!isIdentifier(family.name)) {
    emitError(place) << "without '{i}', '" << key
                     << "' must be a name of letters, digits and '_'";
    return std::nullopt;
  }
  std::optional<int64_t> count =
      evaluateInteger(*repeat, "'repeat'", scope, budget);
  if (!count)
    return std::nullopt;
  if (*count < 0 || *count > mostMembers) {
    emitError(repeat->place)
        << "'repeat' must be 0 to " << mostMembers << ", not " << *count;
    return std::nullopt;
  }
  for (int64_t i = 0; i < *count; ++i)
    family.members.push_back((before + Twine(i) + after).str());
  return family;
}
