//===- Pruning.cpp - Checks of what keeps and spreads places --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

/// The axis counted from the front, for an axis of static size.
static FailureOr<int64_t> resolveStaticAxis(std::optional<Location> location,
                                            StringRef op, int64_t axis,
                                            const Shape &shape) {
  FailureOr<int64_t> front =
      resolveAxis(location, op, "axis", axis, shape.size(), "C1");
  if (failed(front) || shape[*front].getConstant())
    return front;
  return emitOptionalError(location, "'", op,
                           "' needs a dimension of a static size, got ",
                           shape[*front].str(), " [C1]");
}

static LogicalResult checkPlaces(std::optional<Location> location, StringRef op,
                                 ArrayRef<int64_t> places, int64_t size) {
  for (auto [i, place] : llvm::enumerate(places))
    if (place < 0 || place >= size || (i > 0 && place <= places[i - 1]))
      return emitOptionalError(
          atKey(location, "places"), "'", op,
          "' needs places that ascend from 0 to less than ", size, ", got ",
          place, " at ", i, " [C2]");
  if (!places.empty())
    return success();
  return emitOptionalError(atKey(location, "places"), "'", op,
                           "' needs at least one place [C2]");
}

LogicalResult KeepOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> location,
                                       Adaptor op,
                                       SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  FailureOr<int64_t> axis =
      resolveStaticAxis(location, "keep", op.getAxis(), shape);
  if (failed(axis) || failed(checkPlaces(location, "keep", op.getPlaces(),
                                         *shape[*axis].getConstant())))
    return failure();
  shape[*axis] = op.getPlaces().size();
  return inferTensor(location, "keep", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work KeepOp::getWork() { return {}; }

LogicalResult SpreadOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  FailureOr<int64_t> axis =
      resolveStaticAxis(location, "spread", op.getAxis(), shape);
  if (failed(axis))
    return failure();
  int64_t size = op.getSize(), count = op.getPlaces().size();
  if (count != *shape[*axis].getConstant())
    return emitOptionalError(atKey(location, "places"), "'spread' has ", count,
                             " places for a dimension of ",
                             *shape[*axis].getConstant(), " [C2]");
  if (failed(checkPlaces(location, "spread", op.getPlaces(), size)))
    return failure();
  if (failed(checkParameter(location, "spread", "fill", op.getFill(), {size},
                            "C3")))
    return failure();
  Type element = getElementTypeOrSelf(op.getInput());
  if (op.getFill() && getElementTypeOrSelf(op.getFill()) != element)
    return emitOptionalError(location, "'spread' fills ", element, " with ",
                             getElementTypeOrSelf(op.getFill()), " [C3]");
  shape[*axis] = size;
  return inferTensor(location, "spread", shape, element, results);
}

Work SpreadOp::getWork() { return {}; }
