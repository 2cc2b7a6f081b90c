//===- Reduction.cpp - Reductions -----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Reduction.cpp.inc"

void LatheDialect::addReductionOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Reduction.cpp.inc"
      >();
}

/// The shape without the axes, or with size 1 there.
static Shape dropAxes(Shape shape, ArrayRef<int64_t> axes, bool keepdims) {
  for (int64_t axis : llvm::reverse(axes))
    if (keepdims)
      shape[axis] = 1;
    else
      shape.erase(shape.begin() + axis);
  return shape;
}

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  StringRef name = stringifyReduceKind(op.getKind());
  Shape shape = getShape(op.getInput());
  if (op.getAxes().empty())
    return emitOptionalError(atKey(location, "axes"), "'", name,
                             "' needs at least one axis [C1]");
  FailureOr<SmallVector<int64_t>> axes =
      resolveAxes(location, name, "axes", op.getAxes(), shape.size(), "C1");
  if (failed(axes))
    return failure();
  Type elementType = getElementTypeOrSelf(op.getInput());
  bool isMean = op.getKind() == ReduceKind::mean;
  if (elementType.isInteger(1) || (isMean && !isa<FloatType>(elementType)))
    return emitOptionalError(location, "'", name,
                             "' does not take elements of ", elementType,
                             "; cast them first [C2]");
  return inferTensor(location, name, dropAxes(shape, *axes, op.getKeepdims()),
                     elementType, results);
}

SmallVector<int64_t> ReduceOp::getDims() {
  int64_t rank = getInput().getType().getRank();
  SmallVector<int64_t> dims;
  for (int64_t axis : getAxes())
    dims.push_back(fromFront(axis, rank));
  llvm::sort(dims);
  return dims;
}

Work ReduceOp::getWork() {
  return workOf(0, getElementCount(getShape(getInput())));
}

LogicalResult ArgmaxOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  FailureOr<int64_t> axis =
      resolveAxis(location, "argmax", "axis", op.getAxis(), shape.size(), "C1");
  if (failed(axis))
    return failure();
  Type elementType = getElementTypeOrSelf(op.getInput());
  if (elementType.isInteger(1))
    return emitOptionalError(location, "'argmax' does not take elements of ",
                             elementType, "; cast them first [C2]");
  return inferTensor(location, "argmax",
                     dropAxes(shape, *axis, op.getKeepdims()),
                     IntegerType::get(context, 64), results);
}

Work ArgmaxOp::getWork() {
  return workOf(0, getElementCount(getShape(getInput())));
}
