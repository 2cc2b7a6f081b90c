//===- EntryTensors.cpp - The inputs and outputs that a spec declares -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/EntryTensors.h"
#include "frontend/Diagnostics.h"
#include "frontend/Family.h"
#include <charconv>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

namespace {
class EntryTensorReader {
public:
  EntryTensorReader(StringRef what, StringRef contentKey,
                    ArrayRef<StringRef> furtherKeys, ModelScope &scope)
      : what(what), contentKey(contentKey), scope(scope) {
    keys = {contentKey, "repeat"};
    llvm::append_range(keys, furtherKeys);
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
      tensor.mapping = entry.value;
      tensor.content = tensor.find(contentKey);
      tensor.range = tensor.find("range");
      repeat = tensor.find("repeat");
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

const YamlNode *EntryTensor::find(StringRef key) const {
  const YamlNode::Entry *entry = mapping ? mapping->find(key) : nullptr;
  return entry ? entry->value : nullptr;
}

std::vector<EntryTensor> lathe::frontend::readEntryTensors(
    const YamlNode &node, StringRef what, StringRef contentKey,
    ArrayRef<StringRef> furtherKeys, ModelScope &scope) {
  return EntryTensorReader(what, contentKey, furtherKeys, scope).read(node);
}

/// The shortest text that is read as the same number.
static std::string formatShortest(double number) {
  char text[32];
  return std::string(text, std::to_chars(text, std::end(text), number).ptr);
}

/// The ends of a `range` as values; nothing after a mistake.
static std::optional<std::pair<Datum, Datum>> evaluateEnds(const YamlNode &node,
                                                           bool isOfFloats,
                                                           Scope &scope,
                                                           Budget &budget) {
  if (!node.isSequence() || node.items.size() != 2) {
    emitError(node.place)
        << "'range' must be a list of the least and the greatest value, not "
        << node.describe();
    return std::nullopt;
  }
  SmallVector<Datum, 2> ends;
  for (const YamlNode *item : node.items) {
    SourceText source(*item, nullptr);
    Datum value = item->isScalar() ? evaluateExpression(source, scope, budget)
                                   : Datum::null();
    if (value.isUnknown())
      return std::nullopt;
    if (isOfFloats ? !value.isNumber() : !value.isInt() && !value.isSize()) {
      emitError(source.at(0))
          << "an end of a 'range' must be a "
          << (isOfFloats ? "number" : "whole number or a size") << ", not "
          << value.describe();
      return std::nullopt;
    }
    ends.push_back(value);
  }
  return std::pair(ends[0], ends[1]);
}

std::optional<std::pair<std::string, std::string>>
lathe::frontend::evaluateRange(const YamlNode &node, RankedTensorType type,
                               Scope &scope, Budget &budget) {
  bool isOfFloats = isa<FloatType>(type.getElementType());
  if (type.getElementType().isInteger(1)) {
    emitError(node.place) << "an input of truth values has no 'range'";
    return std::nullopt;
  }
  auto ends = evaluateEnds(node, isOfFloats, scope, budget);
  if (!ends)
    return std::nullopt;
  auto &[least, most] = *ends;
  std::pair<std::string, std::string> texts;
  bool isEmpty;
  if (isOfFloats) {
    texts = {formatShortest(least.number()), formatShortest(most.number())};
    isEmpty = least.number() > most.number();
  } else {
    texts = {least.size().str(), most.size().str()};
    auto gap = (most.size() - least.size()).bounds([&](StringRef dim) {
      return scope.boundsOf(dim);
    });
    isEmpty = gap && gap->second < 0;
  }
  if (!isEmpty)
    return texts;
  emitError(node.place) << "the range of " << texts.first << " to "
                        << texts.second << " holds no value";
  return std::nullopt;
}
