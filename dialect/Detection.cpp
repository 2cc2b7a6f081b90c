//===- Detection.cpp - Query-based detection ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Detection.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Detection.cpp.inc"

void LatheDialect::addDetectionOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Detection.cpp.inc"
      >();
}

using Results = SmallVectorImpl<Type>;

/// That boxes are [..., 4] of at least rank `rank`.
static LogicalResult checkBoxes(std::optional<Location> location, StringRef op,
                                StringRef name, Value boxes, size_t rank,
                                StringRef constraint) {
  Shape shape = getShape(boxes);
  if (shape.size() >= rank && shape.back().isCompatible(4))
    return success();
  return emitOptionalError(location, "'", op, "' needs ", name,
                           rank > 1 ? " [..., N, 4], got " : " [..., 4], got ",
                           formatShape(shape), " [", constraint, "]");
}

/// That all operands have one element type.
static LogicalResult checkElements(std::optional<Location> location,
                                   StringRef op, ValueRange operands,
                                   StringRef constraint) {
  Type type = getElementTypeOrSelf(operands.front());
  for (Value operand : operands.drop_front())
    if (operand && getElementTypeOrSelf(operand) != type)
      return emitOptionalError(
          location, "'", op, "' needs one element type, got ", type, " and ",
          getElementTypeOrSelf(operand), " [", constraint, "]");
  return success();
}

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

LogicalResult BoxDecodeOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op, Results &results) {
  if (failed(
          checkBoxes(location, "box_decode", "boxes", op.getBoxes(), 1, "C1")))
    return failure();
  results.push_back(op.getBoxes().getType());
  return success();
}

Work BoxDecodeOp::getWork() {
  // Two powers of a sum and a product, then two sums of a product each.
  return workOf(0, getElementCount(getShape(getResult())) * 4);
}

LogicalResult BoxRefineOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op, Results &results) {
  if (failed(
          checkBoxes(location, "box_refine", "boxes", op.getBoxes(), 1, "C1")))
    return failure();
  if (!areCompatible(getShape(op.getBoxes()), getShape(op.getDelta())) ||
      getElementTypeOrSelf(op.getBoxes()) !=
          getElementTypeOrSelf(op.getDelta()))
    return emitOptionalError(location,
                             "'box_refine' needs boxes and offsets of one "
                             "type, got ",
                             op.getBoxes().getType(), " and ",
                             op.getDelta().getType(), " [C2]");
  results.push_back(op.getBoxes().getType());
  return success();
}

Work BoxRefineOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())) * 4);
}

LogicalResult BoxEmbeddingOp::inferReturnTypes(MLIRContext *,
                                               std::optional<Location> location,
                                               Adaptor op, Results &results) {
  constexpr StringRef name = "box_embedding";
  if (failed(checkBoxes(location, name, "boxes", op.getBoxes(), 1, "C1")))
    return failure();
  int64_t features = op.getFeatures();
  if (features <= 0 || features % 8)
    return emitOptionalError(atKey(location, "features"), "'", name,
                             "' needs features that are a multiple of 8, got ",
                             features, " [C2]");
  for (auto [key, value] : {std::pair("temperature", op.getTemperature()),
                            std::pair("extent", op.getExtent())})
    if (!(value > APFloat(0.0)))
      return emitOptionalError(atKey(location, key), "'", name, "' needs ", key,
                               " above 0, got ", formatNumber(value), " [C3]");
  Shape shape = getShape(op.getBoxes());
  shape.back() = features;
  return inferTensor(location, name, shape, getElementTypeOrSelf(op.getBoxes()),
                     results);
}

Work BoxEmbeddingOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())) * 2);
}

LogicalResult BoxOverlapOp::inferReturnTypes(MLIRContext *,
                                             std::optional<Location> location,
                                             Adaptor op, Results &results) {
  constexpr StringRef name = "box_overlap";
  Value boxes = op.getBoxes(), others = op.getOthers();
  if (failed(checkBoxes(location, name, "boxes", boxes, 2, "C1")) ||
      failed(checkBoxes(location, name, "others", others, 2, "C1")) ||
      failed(checkElements(location, name, {boxes, others}, "C1")))
    return failure();
  Shape a = getShape(boxes), b = getShape(others);
  std::optional<Shape> shape =
      broadcastShapes(ArrayRef(a).drop_back(2), ArrayRef(b).drop_back(2));
  if (!shape)
    return emitOptionalError(location, "'", name, "' cannot align ",
                             formatShape(a), " with ", formatShape(b),
                             " before their last two dimensions [C2]");
  if (failed(checkNotNegative(location, name, "eps", op.getEps(), "C3")))
    return failure();
  shape->append({a[a.size() - 2], b[b.size() - 2]});
  return inferTensor(location, name, *shape, getElementTypeOrSelf(boxes),
                     results);
}

Work BoxOverlapOp::getWork() {
  // Two maxima, two minima, two differences, two bounds and a product for the
  // intersection; two areas of three operations. The union takes two more and a
  // bound, its quotient one; the hull as much as the intersection, and five.
  int64_t each = getKind() == OverlapKind::iof   ? 9 + 3 + 2
                 : getKind() == OverlapKind::iou ? 9 + 6 + 4
                                                 : 9 + 6 + 4 + 9 + 5;
  return workOf(0, getElementCount(getShape(getResult())) * each);
}

LogicalResult OverlapBiasOp::inferReturnTypes(MLIRContext *,
                                              std::optional<Location> location,
                                              Adaptor op, Results &results) {
  constexpr StringRef name = "overlap_bias";
  if (failed(checkBoxes(location, name, "boxes", op.getBoxes(), 2, "C1")))
    return failure();
  Shape tau = getShape(op.getIofTau()), shape = getShape(op.getBoxes());
  if (tau.size() != 1)
    return emitOptionalError(location, "'", name,
                             "' needs an iof_tau [heads], got ",
                             formatShape(tau), " [C2]");
  if (failed(checkNotNegative(location, name, "eps", op.getEps(), "C3")))
    return failure();
  shape.back() = shape[shape.size() - 2];
  shape.insert(shape.end() - 2, tau[0]);
  return inferTensor(location, name, shape, getElementTypeOrSelf(op.getBoxes()),
                     results);
}

Work OverlapBiasOp::getWork() {
  DimExpr outputs = getElementCount(getShape(getResult()));
  // The overlap is that of all heads: 14 operations, a sum and a logarithm.
  Shape boxes = getShape(getBoxes());
  DimExpr pairs =
      getElementCount(ArrayRef(boxes).drop_back()) * boxes[boxes.size() - 2];
  return workOf(0, outputs + pairs * 16);
}
