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
