//===- Matching.cpp - Selection, sorting and matching ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Matching.h"
#include "dialect/Checks.h"
#include "dialect/Elementwise.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Matching.cpp.inc"

void LatheDialect::addMatchingOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Matching.cpp.inc"
      >();
}

/// The shape without its last dimension.
static Shape withoutLast(Shape shape) {
  shape.pop_back();
  return shape;
}

//===----------------------------------------------------------------------===//
// TopKOp
//===----------------------------------------------------------------------===//

LogicalResult TopKOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor op,
                                       SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  std::optional<int64_t> size =
      shape.empty() ? std::nullopt : shape.back().getConstant();
  if (!size)
    return emitOptionalError(
        location, "'top_k' needs a last dimension of known size, got ",
        formatShape(shape), " [C1]");
  int64_t k = op.getK();
  if (k < 1 || k > *size)
    return emitOptionalError(atKey(location, "k"), "'top_k' takes 1 to ", *size,
                             " of ", *size, " elements, got k: ", k, " [C2]");
  ElementKind index = op.getIndex();
  if (index != ElementKind::i32 && index != ElementKind::i64)
    return emitOptionalError(atKey(location, "index"),
                             "'top_k' gives places as i32 or i64, not as ",
                             stringifyElementKind(index), " [C3]");
  shape.back() = k;
  Type elementType = getElementTypeOrSelf(op.getInput());
  return success(
      succeeded(inferTensor(location, "top_k", shape, elementType, results)) &&
      succeeded(inferTensor(location, "top_k", shape,
                            lathe::getElementType(context, index), results)));
}

Work TopKOp::getWork() {
  // A comparison an element; what is kept is few.
  return workOf(0, getElementCount(getShape(getInput())));
}

//===----------------------------------------------------------------------===//
// BipartiteMatchOp
//===----------------------------------------------------------------------===//

LogicalResult
BipartiteMatchOp::inferReturnTypes(MLIRContext *context,
                                   std::optional<Location> location, Adaptor op,
                                   SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getCost());
  if (shape.size() < 2)
    return emitOptionalError(
        location, "'bipartite_match' needs a cost [..., rows, columns], got ",
        formatShape(shape), " [C1]");
  return inferTensor(location, "bipartite_match", withoutLast(shape),
                     IntegerType::get(context, 64), results);
}

Work BipartiteMatchOp::getWork() {
  // Each row's path meets each cost once, if no pair is exchanged: what the
  // exchanges add depends on the costs.
  return workOf(0, getElementCount(getShape(getCost())) * 3);
}

//===----------------------------------------------------------------------===//
// SampleOp
//===----------------------------------------------------------------------===//

LogicalResult SampleOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getLogits());
  if (shape.empty())
    return emitOptionalError(
        location, "'sample' needs logits with a last dimension [C1]");
  std::pair<StringRef, Value> scalars[] = {{"temperature", op.getTemperature()},
                                           {"top_k", op.getTopK()},
                                           {"top_p", op.getTopP()},
                                           {"seed", op.getSeed()},
                                           {"counter", op.getCounter()}};
  for (auto [name, value] : scalars)
    if (!getShape(value).empty())
      return emitOptionalError(location, "'sample' needs a scalar ", name,
                               ", of shape [], got ", formatShape(value),
                               " [C2]");
  return inferTensor(location, "sample", withoutLast(shape),
                     IntegerType::get(context, 64), results);
}

Work SampleOp::getWork() {
  // The maximum, the power and its sum.
  return workOf(0, getElementCount(getShape(getLogits())) * 3);
}
