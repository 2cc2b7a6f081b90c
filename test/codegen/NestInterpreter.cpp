//===- NestInterpreter.cpp - Nests by their definition --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

void Interpreter::runNest(NestOp nest) {
  SmallVector<int64_t> extents(nest.getNumDims(), 1);
  for (auto [i, operand] : llvm::enumerate(nest->getOperands()))
    for (auto [axis, result] : llvm::enumerate(nest.getMap(i).getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(result))
        extents[dim.getPosition()] = memories.at(operand).shape[axis];
  SmallVector<int64_t> at(nest.getNumDims(), 0);
  runDim(nest, extents, at, 0);
  ++launches;
}

void Interpreter::runDim(NestOp nest, ArrayRef<int64_t> extents,
                         SmallVectorImpl<int64_t> &at, unsigned dim) {
  if (dim == nest.getNumDims())
    return runElement(nest, extents, at);
  if (nest.getReductions()[dim])
    return runDim(nest, extents, at, dim + 1);
  for (at[dim] = 0; at[dim] < extents[dim] && failure.empty(); ++at[dim])
    runDim(nest, extents, at, dim + 1);
}

void Interpreter::runElement(NestOp nest, ArrayRef<int64_t> extents,
                             SmallVectorImpl<int64_t> &at) {
  Attribute accumulator = nest.getInit();
  if (nest.hasReduction())
    reduce(nest, extents, at, 0, accumulator);
  for (auto [dim, isReduction] : llvm::enumerate(nest.getReductions()))
    if (isReduction)
      at[dim] = 0;
  Attribute *element = elementOf(nest, nest.getInputs().size(), at);
  if (element)
    *element = apply(nest, nest.getFinish(), at, accumulator);
}

void Interpreter::reduce(NestOp nest, ArrayRef<int64_t> extents,
                         SmallVectorImpl<int64_t> &at, unsigned dim,
                         Attribute &accumulator) {
  if (dim == nest.getNumDims()) {
    accumulator = apply(nest, nest.getReduce(), at, accumulator);
    return;
  }
  if (!nest.getReductions()[dim])
    return reduce(nest, extents, at, dim + 1, accumulator);
  for (at[dim] = 0; at[dim] < extents[dim] && failure.empty(); ++at[dim])
    reduce(nest, extents, at, dim + 1, accumulator);
}

Attribute *Interpreter::elementOf(NestOp nest, unsigned operand,
                                  ArrayRef<int64_t> at) {
  Memory &memory = memories.at(nest->getOperand(operand));
  int64_t place = 0;
  SmallVector<int64_t> indices = nest.getMap(operand).compose(at);
  for (auto [index, size] : llvm::zip(indices, memory.shape)) {
    if (index < 0 || index >= size) {
      fail(nest, "place " + Twine(index) + " of " + Twine(size));
      return nullptr;
    }
    place = place * size + index;
  }
  return &(*memory.elements)[place];
}

Attribute Interpreter::apply(NestOp nest, Region &region, ArrayRef<int64_t> at,
                             Attribute accumulator) {
  Block &block = region.front();
  for (BlockArgument argument : block.getArguments().drop_back())
    if (!argument.use_empty())
      if (Attribute *element = elementOf(nest, argument.getArgNumber(), at))
        values[argument] = {*element};
  values[block.getArguments().back()] = {accumulator};
  for (Operation &op : block.without_terminator()) {
    if (auto index = dyn_cast<IndexOp>(op))
      values[index.getResult()] = {number(index.getType(), at[index.getDim()])};
    else if (auto report = dyn_cast<ReportIndexOp>(op))
      values[report.getResult()] = values[report.getIndex()];
    else if (failure.empty())
      runOp(op, Mask(1, true));
  }
  if (!failure.empty())
    return {};
  return values[block.getTerminator()->getOperand(0)][0];
}
