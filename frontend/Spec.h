//===- Spec.h - The parts of a spec ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_SPEC_H
#define LATHE_FRONTEND_SPEC_H

#include "frontend/Yaml.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::lathe::frontend {

/// `name: value` of a spec.
struct Definition {
  Location place;
  const YamlNode *value;
};
/// Definitions in the order of the files, which own the names.
using Definitions = llvm::MapVector<StringRef, Definition>;

/// One graph and its edges. Null where a spec leaves a part out.
struct EntryParts {
  StringRef name;
  Location place;
  const YamlNode *inputs = nullptr;
  const YamlNode *graph = nullptr;
  const YamlNode *outputs = nullptr;
  const YamlNode *specialize = nullptr;
};

/// A spec with its includes: the form of its parts is checked, expressions are
/// not evaluated.
struct Spec {
  explicit Spec(Location place) : place(place) {}

  /// The spec's first line, for what has no better place.
  Location place;
  std::string model, summary;
  Definitions dims, lets, state;
  Definitions blocks;
  std::vector<EntryParts> entries;
  const YamlNode *precision = nullptr;
  const YamlNode *rename = nullptr;
  const YamlNode *ignore = nullptr;
  const YamlNode *text = nullptr;
  std::vector<std::unique_ptr<YamlDocument>> documents;
};

/// Reads `path` and what it includes. Returns null if nothing useful could be
/// read; mistakes that leave the rest intact are reported only.
std::unique_ptr<Spec> readSpec(StringRef path, MLIRContext *context);

/// Reports that `node` is no mapping, and keys of it that are not among
/// `known`; returns whether it is a mapping.
bool checkMapping(const YamlNode &node, StringRef what,
                  ArrayRef<StringRef> known);
/// The text of a scalar; reports what is none.
std::optional<StringRef> getText(const YamlNode &node, StringRef what);
/// Whether `name` can be a variable: letters, digits and underscores, no digit
/// first, no word of the expression language.
bool isIdentifier(StringRef name);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_SPEC_H
