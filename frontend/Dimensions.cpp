//===- Dimensions.cpp - The dynamic dimensions of a spec ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Diagnostics.h"
#include "frontend/Family.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

// Sizes are 32-bit on a GPU, and bounds multiply.
static constexpr int64_t mostSize = INT32_MAX;
// Tables of values become code.
static constexpr size_t mostValues = 1024;

void ModelScope::declareDims() {
  // Families are counted by lets, which may use the dimensions before.
  if (std::exchange(areDimsDeclared, true))
    return;
  for (const auto &[key, definition] : spec.dims)
    declareDim(key, definition);
}

void ModelScope::declareDim(StringRef key, const Definition &definition) {
  const YamlNode::Entry *repeat = definition.value->isMapping()
                                      ? definition.value->find("repeat")
                                      : nullptr;
  std::optional<Family> family =
      readFamily(key, definition.place, repeat ? repeat->value : nullptr,
                 "'\"width{i}\": {from: \"choice{i}\", values: …, repeat: 4}'",
                 *this, budget);
  if (!family)
    return;
  SmallVector<StringRef> *members = nullptr;
  if (!family->name.empty())
    members = &families[family->name];
  for (auto [i, member] : llvm::enumerate(family->members)) {
    std::optional<int64_t> number;
    if (members)
      number = i;
    if (!isIdentifier(member))
      emitError(definition.place) << "a dimension is named by letters, digits "
                                     "and '_', not '"
                                  << member << "'";
    StringRef name = names.emplace_back(member);
    auto [it, isNew] = dims.insert(
        {name, Dimension{definition.place, definition.value, number}});
    if (!isNew)
      emitError(definition.place)
              .append("a dimension '", name, "' is defined twice")
              .attachNote(it->second.place)
          << "it is defined here too";
    if (members)
      members->push_back(name);
  }
}

void ModelScope::evaluateDim(StringRef name, const YamlNode &definition,
                             Dimension &dim) {
  if (!checkMapping(definition, "a dimension",
                    {"min", "max", "from", "values", "repeat"}))
    return;
  InnerScope numbered(*this, "i", Datum::of(dim.number.value_or(0)));
  Scope &scope = dim.number ? static_cast<Scope &>(numbered) : *this;
  const YamlNode::Entry *from = definition.find("from");
  const YamlNode::Entry *values = definition.find("values");
  if (from) {
    dim.input = getText(*from->value, "'from'").value_or("");
    if (size_t place = dim.input.find("{i}");
        dim.number && place != std::string::npos)
      dim.input.replace(place, 3, std::to_string(*dim.number));
    if (!isIdentifier(dim.input))
      emitError(from->value->place)
          << "'from' must be the name of an input, not "
          << from->value->describe();
  }
  if (!values)
    return evaluateDimBounds(name, definition, scope, dim);
  if (!from)
    emitError(values->keyPlace)
        << "'values' needs 'from', the input that chooses among them";
  for (StringRef key : {"min", "max"})
    if (const YamlNode::Entry *bound = definition.find(key))
      emitError(bound->keyPlace)
          << "a dimension with 'values' has no '" << key << "'";
  evaluateDimValues(*values->value, scope, dim);
}

void ModelScope::evaluateDimValues(const YamlNode &node, Scope &scope,
                                   Dimension &dim) {
  Datum values = evaluateNode(node, scope, budget);
  if (values.isUnknown())
    return;
  if (!values.isList() || values.list().empty() ||
      values.list().size() > mostValues) {
    emitError(node.place) << "'values' must be a list of 1 to " << mostValues
                          << " sizes, not " << values.describe();
    return;
  }
  for (const Datum &value : values.list())
    if (!value.isInt() || value.integer() < 1 || value.integer() > mostSize) {
      emitError(node.place) << "'values' holds sizes of 1 to " << mostSize
                            << ", not " << value.describe();
      return;
    }
  for (const Datum &value : values.list())
    dim.values.push_back(value.integer());
  dim.bounds = {*llvm::min_element(dim.values), *llvm::max_element(dim.values)};
}

void ModelScope::evaluateDimBounds(StringRef name, const YamlNode &definition,
                                   Scope &scope, Dimension &dim) {
  const YamlNode::Entry *least = definition.find("min");
  const YamlNode::Entry *most = definition.find("max");
  if (!most) {
    emitError(dim.place) << "the dimension '" << name
                         << "' needs a bound, such as {max: 256}";
    return;
  }
  std::optional<int64_t> low = 1;
  if (least)
    low = evaluateInteger(*least->value, "'min'", scope, budget);
  std::optional<DimExpr> high = evaluateMost(*most->value, scope, name);
  if (!low || !high)
    return;
  auto range = high->bounds([&](StringRef other) { return boundsOf(other); });
  if (*low < 0)
    emitError(least->value->place) << "'min' must be at least 0, not " << *low;
  else if (!range || range->first < *low || range->second > mostSize)
    emitError(most->value->place)
        << "'max' must be " << *low << " to " << mostSize << ", not "
        << high->str()
        << (high->getConstant()
                ? ""
                : ", which is " + std::to_string(range ? range->first : 0) +
                      " to " + std::to_string(range ? range->second : 0));
  else
    dim.bounds = {*low, range->second};
  if (!high->getConstant())
    dim.limit = *high;
}

/// The upper bound: a number, or a size over the dimensions before.
std::optional<DimExpr> ModelScope::evaluateMost(const YamlNode &node,
                                                Scope &scope, StringRef name) {
  SourceText source(node, nullptr);
  if (!node.isScalar()) {
    emitError(source.at(0))
        << "'max' must be a whole number, not " << node.describe();
    return std::nullopt;
  }
  Datum value = evaluateExpression(source, scope, budget);
  if (value.isUnknown())
    return std::nullopt;
  if (!value.isInt() && !value.isSize()) {
    emitError(source.at(0))
        << "'max' must be a whole number, not " << value.describe();
    return std::nullopt;
  }
  DimExpr size = value.size();
  std::string later;
  size.forEachName([&](StringRef other) {
    if (dims.find(other) >= dims.find(name))
      later = other.str();
  });
  if (later.empty())
    return size;
  emitError(source.at(0)) << "'max' may use the dimensions before '" << name
                          << "', not '" << later << "'";
  return std::nullopt;
}
