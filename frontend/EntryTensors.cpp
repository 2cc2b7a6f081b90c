//===- EntryTensors.cpp - The inputs and outputs that a spec declares -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/EntryTensors.h"
#include "frontend/Diagnostics.h"
#include "frontend/Family.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

namespace {
class EntryTensorReader {
public:
  EntryTensorReader(StringRef what, StringRef contentKey, bool takesRange,
                    ModelScope &scope)
      : what(what), contentKey(contentKey), scope(scope) {
    keys = {contentKey, "repeat"};
    if (takesRange)
      keys.push_back("range");
  }

  std::vector<EntryTensor> read(const YamlNode &node) {
    for (const YamlNode::Entry &entry : node.entries)
      readOne(entry);
    return std::move(tensors);
  }

private:
  void readOne(const YamlNode::Entry &entry) {
    EntryTensor tensor(entry.key, entry.keyPlace);
    const YamlNode *repeat = nullptr;
    if (!entry.value->isMapping()) {
      tensor.content = entry.value;
    } else if (checkMapping(*entry.value, what, keys)) {
      auto find = [&](StringRef key) -> const YamlNode * {
        const YamlNode::Entry *found = entry.value->find(key);
        return found ? found->value : nullptr;
      };
      tensor.content = find(contentKey);
      tensor.range = find("range");
      repeat = find("repeat");
      if (!tensor.content)
        emitError(entry.keyPlace) << what << " needs '" << contentKey << "'";
    }
    std::string example =
        ("'\"feat{i}\": {" + contentKey + ": …, repeat: 4}'").str();
    std::optional<Family> family = readFamily(
        entry.key, entry.keyPlace, repeat, example, scope, scope.getBudget());
    if (!family)
      return;
    tensor.family = family->name;
    for (auto [i, name] : llvm::enumerate(family->members)) {
      if (!tensor.family.empty())
        tensor.number = i;
      tensor.name = name;
      add(tensor);
    }
  }

  void add(EntryTensor tensor) {
    if (!isIdentifier(tensor.name))
      emitError(tensor.place)
          << what << " is named by letters, digits and '_', not '"
          << tensor.name << "'";
    if (!names.insert(tensor.name).second)
      emitError(tensor.place) << "two " << what.split(' ').second
                              << "s are called '" << tensor.name << "'";
    tensors.push_back(std::move(tensor));
  }

  StringRef what, contentKey;
  SmallVector<StringRef> keys;
  ModelScope &scope;
  std::vector<EntryTensor> tensors;
  llvm::StringSet<> names;
};
} // namespace

std::vector<EntryTensor> lathe::frontend::readEntryTensors(const YamlNode &node,
                                                           StringRef what,
                                                           StringRef contentKey,
                                                           bool takesRange,
                                                           ModelScope &scope) {
  return EntryTensorReader(what, contentKey, takesRange, scope).read(node);
}

std::optional<std::pair<DimExpr, DimExpr>>
lathe::frontend::evaluateRange(const YamlNode &node, RankedTensorType type,
                               Scope &scope, Budget &budget) {
  Type element = type.getElementType();
  if (!element.isInteger() || element.isInteger(1)) {
    emitError(node.place) << "only an input of integers has a 'range'";
    return std::nullopt;
  }
  if (!node.isSequence() || node.items.size() != 2) {
    emitError(node.place)
        << "'range' must be a list of the least and the greatest value, not "
        << node.describe();
    return std::nullopt;
  }
  SmallVector<DimExpr> ends;
  for (const YamlNode *item : node.items) {
    SourceText source(*item, nullptr);
    Datum value = item->isScalar() ? evaluateExpression(source, scope, budget)
                                   : Datum::null();
    if (value.isUnknown())
      return std::nullopt;
    if (!value.isInt() && !value.isSize()) {
      emitError(source.at(0)) << "an end of a 'range' must be a whole number "
                                 "or a size, not "
                              << value.describe();
      return std::nullopt;
    }
    ends.push_back(value.size());
  }
  auto gap = (ends[1] - ends[0]).bounds([&](StringRef dim) {
    return scope.boundsOf(dim);
  });
  if (gap && gap->second < 0) {
    emitError(node.place) << "the range of " << ends[0].str() << " to "
                          << ends[1].str() << " holds no value";
    return std::nullopt;
  }
  return std::pair(ends[0], ends[1]);
}
