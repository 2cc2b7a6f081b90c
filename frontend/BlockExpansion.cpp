//===- BlockExpansion.cpp - Steps that expand blocks ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Locations.h"
#include "frontend/GraphBuilder.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

static constexpr size_t mostOpenBlocks = 64;

Datum GraphBuilder::runBlock(const Step &step) {
  Frame &frame = step.frame;
  const YamlNode &node = *step.find("block");
  for (const YamlNode::Entry &entry : step.node.entries) {
    static constexpr StringRef known[] = {"id", "block",  "from",      "with",
                                          "if", "repeat", "weights_of"};
    if (!llvm::is_contained(known, entry.key))
      emitError(frame.locate(entry.keyPlace))
          << "a step with a block has no key '" << entry.key << "'"
          << suggest(entry.key, known)
          << "; the block's parameters stand in 'with'";
  }
  if (!getText(node, "'block'"))
    return Datum::unknown();
  Datum name =
      evaluateTemplate(frame.sourceOf(node), frame, frame.model.getBudget());
  if (!name.isString())
    return Datum::unknown();
  auto block = spec.blocks.find(name.string());
  if (block == spec.blocks.end()) {
    emitError(frame.locate(node.place))
        << "there is no block '" << name.string() << "'"
        << suggest(name.string(), llvm::make_first_range(spec.blocks));
    return Datum::unknown();
  }
  Location place = frame.locate(node.place);
  if (llvm::is_contained(openBlocks, block->first)) {
    InFlightDiagnostic diagnostic = emitError(place);
    diagnostic << "the block '" << block->first << "' expands itself";
    diagnostic.attachNote(block->second.place) << "it is defined here";
    return Datum::unknown();
  }
  if (openBlocks.size() == mostOpenBlocks) {
    emitError(place) << "blocks expand each other more than " << mostOpenBlocks
                     << " deep";
    return Datum::unknown();
  }
  openBlocks.push_back(block->first);
  Datum result = expandBlock(step, block->first, block->second);
  openBlocks.pop_back();
  return result;
}

Datum GraphBuilder::expandBlock(const Step &step, StringRef name,
                                const Definition &block) {
  if (!block.value->isMapping() || checkedBlocks.insert(block.value).second)
    if (!checkMapping(*block.value, "a block",
                      {"with", "graph", "outputs", "summary"}))
      return Datum::unknown();
  const YamlNode::Entry *graph = block.value->find("graph");
  if (!graph) {
    emitError(block.place) << "the block '" << name << "' has no 'graph'";
    return Datum::unknown();
  }
  Frame &frame = step.frame;
  Frame inner(frame.model, frame.results);
  inner.path = frame.pathOf(step.name);
  inner.weightPath = joinPath(frame.weightPath, step.name);
  inner.sharesWeights = frame.sharesWeights;
  shareWeights(step, inner.weightPath, inner.sharesWeights);
  inner.site.emplace(ExpansionSite{locationOf(step), name});
  inner.inputs = positionalOperands(step, /*takesCurrent=*/true);
  inner.current =
      inner.inputs.size() == 1 ? inner.inputs.front() : Datum::of(inner.inputs);
  if (auto index = frame.variables.find("index");
      step.find("repeat") && index != frame.variables.end())
    inner.variables.insert_or_assign("index", index->second);
  if (!bindParameters(step, name, block, inner))
    return Datum::unknown();
  runSteps(*graph->value, inner);
  const YamlNode::Entry *outputs = block.value->find("outputs");
  if (!outputs)
    return inner.current;
  Datum::List results;
  resolve(*outputs->value, inner, results);
  return results.size() == 1 ? results.front() : Datum::of(std::move(results));
}

bool GraphBuilder::bindParameters(const Step &step, StringRef name,
                                  const Definition &block, Frame &inner) {
  const YamlNode::Entry *declared = block.value->find("with");
  const YamlNode *given = step.find("with");
  bool isGood = true, isMissing = false;
  bool hasDeclared = declared && declared->value->isMapping();
  if (declared && !hasDeclared && !declared->value->isNull()) {
    emitError(declared->value->place)
        << "'with' of a block must be a mapping of its parameters, not "
        << declared->value->describe();
    return false;
  }
  if (given && !given->isMapping() && !given->isNull()) {
    emitError(step.frame.locate(given->place))
        << "'with' must be a mapping of the block's parameters, not "
        << given->describe();
    return false;
  }
  ArrayRef<YamlNode::Entry> parameters;
  if (hasDeclared)
    parameters = declared->value->entries;
  if (given)
    for (const YamlNode::Entry &entry : given->entries) {
      if (hasDeclared && declared->value->find(entry.key))
        continue;
      Suggestion suggestion(entry.key);
      for (const YamlNode::Entry &parameter : parameters)
        suggestion.consider(parameter.key);
      InFlightDiagnostic diagnostic =
          emitError(step.frame.locate(entry.keyPlace))
          << "the block '" << name << "' has no parameter '" << entry.key << "'"
          << suggestion.str();
      diagnostic.attachNote(block.place) << "it is defined here";
      isGood = false;
    }
  for (const YamlNode::Entry &parameter : parameters) {
    const YamlNode::Entry *value = given ? given->find(parameter.key) : nullptr;
    Datum datum = Datum::unknown();
    if (value && !value->value->isNull()) {
      datum = step.frame.evaluate(*value->value);
    } else if (!parameter.value->isNull()) {
      datum = inner.evaluate(*parameter.value);
    } else if (isGood) { // What is missing may be what is misspelt.
      InFlightDiagnostic diagnostic =
          emitError(step.frame.locate(step.node.place))
          << "the block '" << name << "' needs the parameter '" << parameter.key
          << "'";
      diagnostic.attachNote(parameter.keyPlace) << "it has no default";
      isMissing = true;
    }
    inner.variables.insert_or_assign(parameter.key, std::move(datum));
  }
  return isGood && !isMissing;
}
