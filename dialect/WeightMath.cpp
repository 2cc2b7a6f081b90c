//===- WeightMath.cpp - What is computed of weights alone -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/WeightMath.h"
#include "dialect/LatheDialect.h"

using namespace mlir;
using namespace mlir::lathe;

llvm::DenseSet<Value> lathe::findWeightMath(Block &block) {
  llvm::DenseSet<Value> found;
  for (Operation &op : block) {
    bool reads = op.getNumOperands() > 0 &&
                 llvm::all_of(op.getOperands(), [&](Value operand) {
                   return found.contains(operand);
                 });
    if (isa<ParameterOp>(op) || (reads && isPure(&op)))
      found.insert(op.result_begin(), op.result_end());
  }
  return found;
}

std::optional<SmallVector<FlatSymbolRefAttr>>
lathe::findSourceWeights(Value value) {
  SmallVector<FlatSymbolRefAttr> weights;
  SmallVector<Value> values = {value};
  llvm::SmallDenseSet<Value> seen;
  while (!values.empty()) {
    Value next = values.pop_back_val();
    if (!seen.insert(next).second)
      continue;
    Operation *op = next.getDefiningOp();
    if (!op || !isPure(op))
      return std::nullopt;
    if (auto parameter = dyn_cast<ParameterOp>(op))
      weights.push_back(parameter.getWeightAttr());
    else if (op->getNumOperands() == 0)
      return std::nullopt;
    // The first operand last on the stack, to be looked at first.
    for (Value operand : llvm::reverse(op->getOperands()))
      values.push_back(operand);
  }
  return weights;
}

bool lathe::isWeightMath(Value value) {
  return findSourceWeights(value).has_value();
}
