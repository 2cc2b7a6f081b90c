//===- ParameterChoice.cpp - Parameters that an input chooses -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/GraphBuilder.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

/// The most sets of parameters that a step can have.
static constexpr int64_t mostChoices = 4096;

bool GraphBuilder::readChoice(const Step &step, StepSite &site) {
  const YamlNode *node = step.node.isMapping() ? step.find("per") : nullptr;
  if (!node)
    return true;
  Frame &frame = step.frame;
  if (!checkMapping(*node, "'per'", {"by", "count", "stacked"}))
    return false;
  const YamlNode::Entry *by = node->find("by"), *count = node->find("count"),
                        *stacked = node->find("stacked");
  if (!by || !count) {
    emitError(frame.locate(node->place))
        << "'per' needs 'by', the tensor that holds the number, and 'count', "
           "such as {by: task, count: 3}";
    return false;
  }
  Datum::List index;
  resolve(*by->value, frame, index);
  std::optional<int64_t> most =
      evaluateInteger(*count->value, "'count'", frame, frame.model.getBudget(),
                      frame.site ? &*frame.site : nullptr);
  Datum isStacked =
      stacked ? frame.evaluate(*stacked->value) : Datum::of(false);
  if (!most || isStacked.isUnknown() || index.empty() ||
      index.front().isUnknown())
    return false;
  if (*most < 1 || *most > mostChoices) {
    emitError(frame.locate(count->value->place))
        << "'count' must be from 1 to " << mostChoices << ", not " << *most;
    return false;
  }
  if (!isStacked.isBool()) {
    emitError(frame.locate(stacked->value->place))
        << "'stacked' must be true or false, not " << isStacked.describe();
    return false;
  }
  auto isNumber = [](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    return type.getRank() == 0 && type.getElementType().isInteger() &&
           !type.getElementType().isInteger(1);
  };
  if (index.size() != 1 || !isNumber(index.front().tensor())) {
    emitError(frame.locate(by->value->place))
        << "'by' must be a tensor that holds one integer, such as the input "
           "\"i32[]\"";
    return false;
  }
  site.choice = {index.front().tensor(), *most, isStacked.boolean()};
  return true;
}
