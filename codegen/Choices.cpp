//===- Choices.cpp - What measuring chose for steps of a spec -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Choices.h"
#include "dialect/Locations.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::lathe;

static constexpr llvm::StringLiteral attributeName = "lathe.choices";

void lathe::setChoices(ModuleOp module, const Choices &choices) {
  Builder b(module.getContext());
  SmallVector<NamedAttribute> steps;
  for (const auto &[path, choice] : choices) {
    SmallVector<NamedAttribute> values;
    auto add = [&](StringRef name, std::optional<int64_t> value) {
      if (value)
        values.push_back(b.getNamedAttr(name, b.getI64IntegerAttr(*value)));
    };
    add("vectors", choice.vectors);
    add("winograd", choice.winograd);
    steps.push_back(b.getNamedAttr(path, b.getDictionaryAttr(values)));
  }
  if (steps.empty())
    module->removeAttr(attributeName);
  else
    module->setAttr(attributeName, b.getDictionaryAttr(steps));
}

StepChoice lathe::getChoice(Operation *op) {
  auto module = op->getParentOfType<ModuleOp>();
  auto steps = module ? module->getAttrOfType<DictionaryAttr>(attributeName)
                      : DictionaryAttr();
  auto values =
      steps ? steps.getAs<DictionaryAttr>(getStepPath(op->getLoc())) : nullptr;
  if (!values)
    return {};
  auto get = [&](StringRef name) -> std::optional<int64_t> {
    auto value = values.getAs<IntegerAttr>(name);
    return value ? std::optional(value.getInt()) : std::nullopt;
  };
  return {get("vectors"), get("winograd")};
}
