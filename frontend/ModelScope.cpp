//===- ModelScope.cpp - Names that a whole spec knows ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/ModelScope.h"
#include "frontend/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

/// What YAML makes of a scalar without quotes; nothing if it is text.
static std::optional<Datum> parsePlainScalar(StringRef text) {
  if (text == "true" || text == "True" || text == "TRUE")
    return Datum::of(true);
  if (text == "false" || text == "False" || text == "FALSE")
    return Datum::of(false);
  StringRef digits = text;
  digits.consume_front("+");
  if (digits.empty() || !llvm::isDigit(text.back() == '.' ? '0' : text.back()))
    return std::nullopt;
  int64_t integer;
  if (!digits.getAsInteger(10, integer))
    return Datum::of(integer);
  double number;
  bool isNumber = llvm::isDigit(digits.front()) || digits.front() == '-' ||
                  digits.front() == '.';
  if (isNumber &&
      digits.find_first_not_of("0123456789+-.eE") == StringRef::npos &&
      !digits.getAsDouble(number) && std::isfinite(number))
    return Datum::of(number);
  return std::nullopt;
}

Datum lathe::frontend::evaluateNode(const YamlNode &node, Scope &scope,
                                    Budget &budget, const ExpansionSite *site) {
  switch (node.kind) {
  case YamlNode::Kind::Null:
    return Datum::null();
  case YamlNode::Kind::Scalar:
    if (node.isPlain)
      if (std::optional<Datum> value = parsePlainScalar(node.text))
        return *value;
    return evaluateTemplate(SourceText(node, site), scope, budget);
  case YamlNode::Kind::Sequence: {
    if (!spend(budget.elements, node.items.size(), node.place))
      return Datum::unknown();
    Datum::List items;
    bool anyUnknown = false;
    for (const YamlNode *item : node.items) {
      items.push_back(evaluateNode(*item, scope, budget, site));
      anyUnknown |= items.back().isUnknown();
    }
    return anyUnknown ? Datum::unknown() : Datum::of(std::move(items));
  }
  case YamlNode::Kind::Mapping:
    emitError(node.place) << "expected a value or a list, got a mapping";
    return Datum::unknown();
  }
  llvm_unreachable("all kinds are handled");
}

std::optional<int64_t>
lathe::frontend::evaluateInteger(const YamlNode &node, StringRef what,
                                 Scope &scope, Budget &budget,
                                 const ExpansionSite *site) {
  SourceText source(node, site);
  if (!node.isScalar()) {
    emitError(source.at(0))
        << what << " must be a whole number, not " << node.describe();
    return std::nullopt;
  }
  Datum value = evaluateExpression(source, scope, budget);
  if (value.isInt())
    return value.integer();
  if (!value.isUnknown())
    emitError(source.at(0))
        << what << " must be a whole number, not " << value.describe();
  return std::nullopt;
}

void ModelScope::apply(ArrayRef<Setting> settings) {
  for (const Setting &setting : settings) {
    if (!spec.lets.contains(setting.name)) {
      emitError(spec.place)
          << "--set " << setting.name << "=" << setting.value
          << ": the spec has no let '" << setting.name << "'"
          << suggest(setting.name, llvm::make_first_range(spec.lets));
      continue;
    }
    overrides[setting.name] = &setting;
  }
}

void ModelScope::evaluateAll() {
  declareDims();
  for (auto &[name, dim] : dims)
    evaluateDim(name, *dim.definition, dim);
  for (const auto &[name, definition] : spec.lets) {
    auto family = families.find(name);
    StringRef first = family == families.end() || family->second.empty()
                          ? name
                          : family->second.front();
    if (auto dim = dims.find(first); dim != dims.end())
      emitError(definition.place)
              .append("'", name, "' is a let and a dimension")
              .attachNote(dim->second.place)
          << "the dimension is here";
    // A let without a value is for --set: only its use is a mistake.
    if (!definition.value->isNull() || overrides.contains(name))
      lookup(name, true);
  }
}

std::optional<Datum> ModelScope::lookup(StringRef name, bool) {
  if (auto it = spec.lets.find(name); it != spec.lets.end())
    return evaluateLet(it->first, it->second);
  declareDims();
  if (dims.contains(name))
    return Datum::of(DimExpr::symbol(name));
  if (auto family = families.find(name); family != families.end()) {
    Datum::List members;
    for (StringRef member : family->second)
      members.push_back(Datum::of(DimExpr::symbol(member)));
    return Datum::of(std::move(members));
  }
  return std::nullopt;
}

void ModelScope::forEachName(function_ref<void(StringRef)> visit) {
  llvm::for_each(llvm::make_first_range(spec.lets), visit);
  llvm::for_each(llvm::make_first_range(dims), visit);
  llvm::for_each(families.keys(), visit);
}

std::optional<DimExpr::Bounds> ModelScope::boundsOf(StringRef dim) {
  auto it = dims.find(dim);
  return it == dims.end() ? std::nullopt : std::optional(it->second.bounds);
}

Datum ModelScope::evaluateLet(StringRef name, const Definition &definition) {
  Let &let = lets[name]; // StringMap's entries stay where they are.
  if (let.isDone)
    return let.value;
  if (let.isOpen) {
    emitError(definition.place)
        << "the let '" << name << "' is defined by way of itself";
    let.isDone = true;
    return let.value;
  }
  // Chains of lets recurse: bound them.
  constexpr unsigned mostOpen = 100;
  if (openLets == mostOpen) {
    emitError(definition.place)
        << "lets refer to each other in a chain of more "
           "than "
        << mostOpen;
    let.isDone = true;
    return let.value;
  }
  let.isOpen = true;
  ++openLets;
  Datum value = Datum::unknown();
  if (const Setting *setting = overrides.lookup(name))
    value = applySetting(*setting, definition);
  else if (definition.value->isNull())
    emitError(definition.place)
        << "the let '" << name << "' has no value; give one by --set " << name
        << "=…";
  else
    value = evaluateNode(*definition.value, *this, budget);
  let.isOpen = false;
  --openLets;
  let.isDone = true;
  return let.value = value;
}

Datum ModelScope::applySetting(const Setting &setting,
                               const Definition &definition) {
  Datum standard = definition.value->isNull()
                       ? Datum::unknown()
                       : evaluateNode(*definition.value, *this, budget);
  if (standard.isString())
    return Datum::of(setting.value);
  std::string name = "--set " + setting.name + "=" + setting.value;
  MLIRContext *context = definition.place.getContext();
  SourceText source(setting.value, FileLineColLoc::get(context, name, 0, 0));
  if (standard.isUnknown()) {
    std::optional<Datum> value = parsePlainScalar(setting.value);
    bool isList = StringRef(setting.value).starts_with("[");
    return value    ? *value
           : isList ? evaluateExpression(source, *this, budget)
                    : Datum::of(setting.value);
  }
  Datum value = evaluateExpression(source, *this, budget);
  if (value.isUnknown())
    return value;
  bool fits = standard.kind() == value.kind() ||
              (standard.isNumber() && value.isNumber()) || standard.isNull() ||
              (standard.isSize() && value.isInt());
  // A whole number stays one: it may be a size.
  fits &= !(standard.isInt() && value.isFloat());
  if (fits)
    return value;
  emitError(source.place)
          .append("'", setting.name, "' is ", value.describe(), " here, but ",
                  standard.describe(), " in the spec")
          .attachNote(definition.place)
      << "it is defined here";
  return Datum::unknown();
}
