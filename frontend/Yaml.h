//===- Yaml.h - YAML documents with the places of everything --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_YAML_H
#define LATHE_FRONTEND_YAML_H

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mlir::lathe::frontend {

/// A node of a YAML document. Aliases share the node of their anchor.
struct YamlNode {
  enum class Kind { Null, Scalar, Sequence, Mapping };
  struct Entry {
    StringRef key;
    Location keyPlace;
    const YamlNode *value;
  };

  YamlNode(Kind kind, Location place) : kind(kind), place(place) {}

  Kind kind;
  Location place;
  std::string text;
  /// Whether a scalar stands without quotes.
  bool isPlain = false;
  /// Bytes from `place` to the start of `text`, where the text stands in the
  /// file as it is (no escapes, one line).
  std::optional<unsigned> textOffset;
  std::vector<const YamlNode *> items;
  std::vector<Entry> entries;

  bool isNull() const { return kind == Kind::Null; }
  bool isScalar() const { return kind == Kind::Scalar; }
  bool isSequence() const { return kind == Kind::Sequence; }
  bool isMapping() const { return kind == Kind::Mapping; }
  const Entry *find(StringRef key) const;
  /// "a mapping", "a list", "'text'" or "nothing".
  std::string describe() const;
};

/// One document of one file.
struct YamlDocument {
  std::deque<YamlNode> nodes;
  const YamlNode *root = nullptr;
};

/// Reads the one document of `path`. Malformed YAML, duplicate keys, aliases
/// that contain themselves and documents that are too large or too deep
/// (aliases expanded) are reported, and nothing returned.
std::unique_ptr<YamlDocument> readYaml(StringRef path, Location includedAt);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_YAML_H
