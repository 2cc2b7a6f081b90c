//===- Weights.cpp - The parameters of a model ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Weights.h"
#include "dialect/Locations.h"
#include "frontend/Diagnostics.h"
#include "frontend/RenamePattern.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

// More than any model has; each costs an op and a symbol.
static constexpr size_t mostWeights = 200'000;
static constexpr size_t mostPatterns = 4096;

FlatSymbolRefAttr Weights::declare(StringRef name, RankedTensorType type,
                                   StringRef init, Location location,
                                   bool shares) {
  OpBuilder builder(module.getContext());
  StringAttr symbol = builder.getStringAttr(name);
  auto it = declared.find(symbol);
  if (it == declared.end()) {
    if (shares) {
      emitError(location) << "there is no parameter '" << name << "' to share";
      return {};
    }
    if (declared.size() == mostWeights) {
      emitError(location) << "a model has at most " << mostWeights
                          << " parameters";
      return {};
    }
    if (last)
      builder.setInsertionPointAfter(last);
    else
      builder.setInsertionPointToStart(module.getBody());
    auto op = WeightOp::create(builder, location, name, type, nullptr,
                               builder.getStringAttr(init), nullptr);
    last = op;
    declared.insert({symbol, {op, location, entry}});
    return FlatSymbolRefAttr::get(symbol);
  }
  Declared &other = it->second;
  if (!shares && other.entry == entry) {
    InFlightDiagnostic diagnostic =
        emitError(location)
        << "two steps own the parameter '" << name
        << "'; give one an 'id', or share it by 'weights_of'";
    diagnostic.attachNote(other.place) << "the first is here";
    return {};
  }
  if (other.op.getTensorType() != type) {
    InFlightDiagnostic diagnostic =
        emitError(location) << "the shared parameter '" << name << "' is "
                            << formatShape(other.op.getTensorType())
                            << ", but this step needs " << formatShape(type);
    diagnostic.attachNote(other.place) << "it is made here";
    return {};
  }
  other.entry = entry;
  return FlatSymbolRefAttr::get(symbol);
}

FlatSymbolRefAttr Weights::declareState(StringRef name, RankedTensorType type,
                                        Location location) {
  OpBuilder builder(module.getContext());
  StringAttr symbol = builder.getStringAttr(name);
  auto it = states.find(symbol);
  if (it == states.end()) {
    if (SymbolTable::lookupSymbolIn(module, symbol)) {
      emitError(location) << "the state '" << name
                          << "' has the name of something else; give the step "
                             "another 'id'";
      return {};
    }
    if (last)
      builder.setInsertionPointAfter(last);
    else
      builder.setInsertionPointToStart(module.getBody());
    auto op = StateOp::create(builder, location, name, type);
    states.insert({symbol, {op, entry}});
    return FlatSymbolRefAttr::get(symbol);
  }
  DeclaredState &other = it->second;
  bool twice = other.entry == entry;
  if (twice || other.op.getType() != type) {
    InFlightDiagnostic diagnostic =
        emitError(location)
        << (twice ? "two steps own the state '" : "the shared state '") << name
        << "'";
    if (twice)
      diagnostic << "; give one an 'id'";
    else
      diagnostic << " is " << formatShape(other.op.getType())
                 << ", but this step needs " << formatShape(type);
    diagnostic.attachNote(other.op.getLoc())
        << (twice ? "the first is here" : "it is made here");
    return {};
  }
  other.entry = entry;
  return FlatSymbolRefAttr::get(symbol);
}

void Weights::rename(const Spec &spec, ModelScope &scope) {
  if (spec.rename && !spec.rename->isNull())
    addSources(*spec.rename, scope);
  if (!spec.ignore || spec.ignore->isNull())
    return;
  if (!spec.ignore->isSequence()) {
    emitError(spec.ignore->place)
        << "'ignore' must be a list of names in the checkpoint, not "
        << spec.ignore->describe();
    return;
  }
  SmallVector<Attribute> patterns;
  for (const YamlNode *item : spec.ignore->items)
    if (std::optional<StringRef> text = getText(*item, "a name to ignore"))
      patterns.push_back(StringAttr::get(module.getContext(), *text));
  module->setAttr("lathe.ignore",
                  ArrayAttr::get(module.getContext(), patterns));
}

void Weights::addSources(const YamlNode &table, ModelScope &scope) {
  if (!table.isMapping()) {
    emitError(table.place) << "'rename' must be a mapping of our names to the "
                              "checkpoint's, not "
                           << table.describe();
    return;
  }
  if (table.entries.size() > mostPatterns) {
    emitError(table.place) << "'rename' has at most " << mostPatterns
                           << " lines";
    return;
  }
  std::vector<RenamePattern> patterns;
  for (const YamlNode::Entry &entry : table.entries)
    if (std::optional<RenamePattern> pattern =
            RenamePattern::parse(entry.key, entry.keyPlace, *entry.value))
      patterns.push_back(std::move(*pattern));
  SmallVector<bool> isUsed(patterns.size());
  llvm::StringMap<StringRef> takenBy;
  for (auto &[symbol, weight] : declared) {
    std::string source = symbol.getValue().str();
    for (auto [i, pattern] : llvm::enumerate(patterns)) {
      std::optional<std::string> renamed =
          pattern.apply(symbol.getValue(), scope);
      if (!renamed)
        continue;
      isUsed[i] = true;
      source = *renamed;
      weight.op.setSource(source);
      break;
    }
    auto [it, isNew] = takenBy.try_emplace(source, symbol.getValue());
    if (!isNew)
      emitError(table.place)
          << "'rename' reads both '" << it->second << "' and '"
          << symbol.getValue() << "' from '" << source << "'";
  }
  for (auto [pattern, used] : llvm::zip(patterns, isUsed)) {
    if (used)
      continue;
    Suggestion suggestion(pattern.getText());
    for (auto &[symbol, weight] : declared)
      suggestion.consider(symbol.getValue());
    emitWarning(pattern.getPlace())
        << "no parameter is called '" << pattern.getText() << "'"
        << suggestion.str();
  }
}
