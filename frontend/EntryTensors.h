//===- EntryTensors.h - The inputs and outputs that a spec declares -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_ENTRYTENSORS_H
#define LATHE_FRONTEND_ENTRYTENSORS_H

#include "frontend/ModelScope.h"

namespace mlir::lathe::frontend {

/// An input or output of an entry. `"feat{i}": {…, repeat: 4}` declares four,
/// feat0 to feat3, of the family `feat`.
struct EntryTensor {
  EntryTensor(StringRef name, Location place) : name(name), place(place) {}

  std::string name;
  Location place;
  /// Its type, or the step that it is; null after a mistake.
  const YamlNode *content = nullptr;
  const YamlNode *range = nullptr;
  /// All that the spec says of it, where that is a mapping.
  const YamlNode *mapping = nullptr;
  /// Its number in its family; nothing for a single one.
  std::optional<int64_t> number;
  std::string family;

  /// The value of a key of the mapping, or null.
  const YamlNode *find(StringRef key) const;
};

/// The tensors that the mapping `node` declares, in its order. `contentKey` is
/// what a tensor given as a mapping calls its content: `type` or `from`;
/// `furtherKeys` are those that it may have beside. Reports mistakes.
std::vector<EntryTensor> readEntryTensors(const YamlNode &node, StringRef what,
                                          StringRef contentKey,
                                          ArrayRef<StringRef> furtherKeys,
                                          ModelScope &scope);

/// The range of an input of the given type, both ends included: sizes or, for
/// floats, numbers. Nothing after a mistake, which is reported.
std::optional<std::pair<std::string, std::string>>
evaluateRange(const YamlNode &node, RankedTensorType type, Scope &scope,
              Budget &budget);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_ENTRYTENSORS_H
