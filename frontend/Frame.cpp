//===- Frame.cpp - Names that the steps of one graph know -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Frame.h"
#include "dialect/Locations.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

std::string lathe::frontend::joinPath(StringRef scope, const Twine &name) {
  std::string text = name.str();
  if (scope.empty() || text.empty())
    return text.empty() ? scope.str() : text;
  return (scope + "." + text).str();
}

void StepResults::define(const Twine &path, Datum value, Location place) {
  std::string name = path.str();
  auto [it, isNew] = results.try_emplace(name, StepResult{value, place});
  if (isNew)
    return;
  InFlightDiagnostic diagnostic = emitError(place)
                                  << "two steps are called '" << name << "'";
  diagnostic.attachNote(it->second.place) << "the first is here";
}

void StepResults::alias(const Twine &path, Datum value, Location place) {
  results.insert_or_assign(path.str(), StepResult{std::move(value), place});
}

const StepResult *StepResults::find(const Twine &path) const {
  auto it = results.find(path.str());
  return it == results.end() ? nullptr : &it->second;
}

void StepResults::forEachBelow(StringRef prefix,
                               function_ref<void(StringRef)> visit) const {
  for (const auto &entry : results) {
    StringRef name = entry.first();
    if (prefix.empty() ||
        (name.consume_front(prefix) && name.consume_front(".")))
      visit(name);
  }
}

std::optional<Datum> Frame::lookup(StringRef name, bool embedded) {
  if (auto it = variables.find(name); it != variables.end())
    return it->second;
  if (name == "in")
    return inputs.empty() ? Datum::unknown() : inputs.front();
  if (name == "inputs")
    return Datum::of(inputs);
  if (const StepResult *step = results.find(pathOf(name)))
    return step->value;
  return model.lookup(name, embedded);
}

void Frame::forEachName(function_ref<void(StringRef)> visit) {
  llvm::for_each(variables.keys(), visit);
  visit("in");
  visit("inputs");
  results.forEachBelow(path, visit);
  model.forEachName(visit);
}

static bool isTensors(const Datum &value) {
  return value.isUnknown() || value.isTensor() ||
         (value.isList() && llvm::all_of(value.list(), [](const Datum &item) {
            return item.isTensor() || item.isUnknown();
          }));
}

std::optional<Datum> Frame::lookupTensors(StringRef name) {
  if (const StepResult *step = results.find(pathOf(name)))
    return step->value;
  if (auto it = variables.find(name); it != variables.end())
    return isTensors(it->second) ? std::optional(it->second) : std::nullopt;
  if (name == "in" || name == "inputs")
    return lookup(name, false);
  return std::nullopt;
}

void Frame::forEachTensorName(function_ref<void(StringRef)> visit) {
  results.forEachBelow(path, visit);
  for (const auto &entry : variables)
    if (isTensors(entry.second))
      visit(entry.first());
}

std::string Frame::pathOf(const Twine &name) const {
  return joinPath(path, name);
}

Location Frame::locate(Location place) const {
  return site ? makeExpandedLocation(place, site->place, site->block) : place;
}
