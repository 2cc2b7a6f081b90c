//===- Detection.cpp - Query-based detection ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Detection.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"
#include "llvm/ADT/StringExtras.h"

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

int64_t lathe::countOverlapWork(OverlapKind kind) {
  // Two maxima, two minima, two differences, two bounds and a product for the
  // intersection; two areas of three operations. The union takes two more and a
  // bound, its quotient one; the hull as much as the intersection, and five.
  return kind == OverlapKind::iof   ? 9 + 3 + 2
         : kind == OverlapKind::iou ? 9 + 6 + 4
                                    : 9 + 6 + 4 + 9 + 5;
}

Work BoxOverlapOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())) *
                       countOverlapWork(getKind()));
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

//===----------------------------------------------------------------------===//
// LevelSampleOp
//===----------------------------------------------------------------------===//

/// That the levels fit the query and the strides; C3.
static LogicalResult checkLevels(std::optional<Location> location,
                                 LevelSampleOp::Adaptor op) {
  Shape query = getShape(op.getQuery());
  ArrayRef<int64_t> strides = op.getStrides();
  if (op.getFeatures().empty() || strides.size() != op.getFeatures().size() ||
      llvm::any_of(strides, [](int64_t stride) { return stride <= 0; }))
    return emitOptionalError(atKey(location, "strides"),
                             "'level_sample' needs a positive stride for each "
                             "of ",
                             op.getFeatures().size(), " levels, got [", strides,
                             "] [C3]");
  for (auto [i, level] : llvm::enumerate(op.getFeatures())) {
    Shape shape = getShape(level);
    if (shape.size() != 4 || !shape[0].isCompatible(query[0]) ||
        !shape[1].isCompatible(query[2]))
      return emitOptionalError(location, "'level_sample' needs level ", i,
                               " to be [", query[0].str(), ", ", query[2].str(),
                               ", H, W], got ", formatShape(shape), " [C3]");
  }
  return success();
}

LogicalResult LevelSampleOp::inferReturnTypes(MLIRContext *,
                                              std::optional<Location> location,
                                              Adaptor op, Results &results) {
  constexpr StringRef name = "level_sample";
  Shape query = getShape(op.getQuery()), boxes = getShape(op.getBoxes());
  if (query.size() != 3 || boxes.size() != 3 ||
      !boxes[0].isCompatible(query[0]) || !boxes[1].isCompatible(query[1]) ||
      !boxes[2].isCompatible(4))
    return emitOptionalError(location, "'", name,
                             "' needs a query [B, N, D] and boxes [B, N, 4], "
                             "got ",
                             formatShape(query), " and ", formatShape(boxes),
                             " [C1]");
  int64_t groups = op.getGroups(), points = op.getPoints(),
          subpoints = op.getSubpoints();
  std::optional<int64_t> features = query[2].getConstant();
  if (!features || groups <= 0 || *features % groups)
    return emitOptionalError(
        atKey(location, "groups"), "'", name,
        "' needs groups that divide the features: ", query[2].str(),
        " features, ", groups, " groups [C2]");
  for (auto [key, count] :
       {std::pair("points", points), std::pair("subpoints", subpoints)})
    if (count <= 0)
      return emitOptionalError(atKey(location, key), "'", name, "' needs ", key,
                               " above 0, got ", count, " [C2]");
  if (failed(checkLevels(location, op)))
    return failure();
  DimExpr first = DimExpr(groups) * points * 3;
  DimExpr second = DimExpr(subpoints) * 3;
  std::tuple<StringRef, Value, Shape> parameters[] = {
      {"gen_one_d.0.weight", op.getPointWeight(), {first, query[2]}},
      {"gen_one_d.0.bias", op.getPointBias(), {first}},
      {"gen_double_d.0.weight", op.getSubpointWeight(), {second, query[2]}},
      {"gen_double_d.0.bias", op.getSubpointBias(), {second}}};
  for (const auto &[parameter, value, shape] : parameters)
    if (failed(checkParameter(location, name, parameter, value, shape, "C4")))
      return failure();
  if (failed(
          checkElements(location, name, op.getOperands().drop_back(4), "C5")))
    return failure();
  Shape shape = {query[0], query[1], groups, DimExpr(points) * subpoints,
                 *features / groups};
  return inferTensor(location, name, shape, getElementTypeOrSelf(op.getQuery()),
                     results);
}

Work LevelSampleOp::getWork() {
  Shape query = getShape(getQuery()), result = getShape(getResult());
  DimExpr queries = query[0] * query[1];
  DimExpr offsets = getDim(getPointBias(), 0) + getDim(getSubpointBias(), 0);
  DimExpr places = queries * result[2] * result[3];
  DimExpr levels = static_cast<int64_t>(getFeatures().size());
  // Of a place: three coordinates in 9 operations, and of each level 5 of its
  // weight and 16 of the corners'. Of an element and level: four corners.
  return workOf(queries * offsets * query[2] + places * result[4] * levels * 4,
                queries * offsets + places * 9 + places * levels * 21);
}

DimExpr LevelSampleOp::getBytes() {
  Shape result = getShape(getResult());
  DimExpr elements = getElementCount(result);
  DimExpr read = elements * static_cast<int64_t>(getFeatures().size() * 4) +
                 getElementCount(getShape(getQuery())) +
                 getElementCount(getShape(getBoxes())) +
                 getElementCount(getShape(getPointWeight())) +
                 getElementCount(getShape(getSubpointWeight()));
  return (read + elements) * getElementBytes(getElementTypeOrSelf(getResult()));
}

//===----------------------------------------------------------------------===//
// MatchingCostOp and CrossStageAssignmentOp
//===----------------------------------------------------------------------===//

/// The ground truths of both ops, their C2.
static LogicalResult checkTruths(std::optional<Location> location, StringRef op,
                                 Value boxes, Value truths, Value labels) {
  Shape truth = getShape(truths), label = getShape(labels);
  if (truth.size() != 2 || !truth[1].isCompatible(4) || label.size() != 1 ||
      !label[0].isCompatible(truth[0]) ||
      getElementTypeOrSelf(truths) != getElementTypeOrSelf(boxes))
    return emitOptionalError(
        location, "'", op, "' needs ground truths [M, 4] of ",
        getElementTypeOrSelf(boxes), " and labels [M], got ", truths.getType(),
        " and ", labels.getType(), " [C2]");
  return success();
}

LogicalResult MatchingCostOp::inferReturnTypes(MLIRContext *,
                                               std::optional<Location> location,
                                               Adaptor op, Results &results) {
  constexpr StringRef name = "matching_cost";
  Shape logits = getShape(op.getLogits()), boxes = getShape(op.getBoxes());
  Shape wanted = logits;
  if (!wanted.empty())
    wanted.back() = 4;
  if (logits.size() < 2 || !areCompatible(boxes, wanted) ||
      getElementTypeOrSelf(op.getLogits()) !=
          getElementTypeOrSelf(op.getBoxes()))
    return emitOptionalError(location, "'", name,
                             "' needs logits [..., N, classes] and boxes [..., "
                             "N, 4] of one element type, got ",
                             op.getLogits().getType(), " and ",
                             op.getBoxes().getType(), " [C1]");
  if (failed(checkTruths(location, name, op.getBoxes(), op.getTruths(),
                         op.getLabels())))
    return failure();
  ArrayRef<double> image = op.getImage();
  if (image.size() != 2 || !(image[0] > 0) || !(image[1] > 0)) {
    std::string got = llvm::join(
        llvm::map_range(image,
                        [](double n) { return formatNumber(APFloat(n)); }),
        ", ");
    return emitOptionalError(atKey(location, "image"), "'", name,
                             "' needs an image of two positive numbers, width "
                             "and height, got [",
                             got, "] [C3]");
  }
  if (failed(checkNotNegative(location, name, "gamma", op.getGamma(), "C4")))
    return failure();
  logits.back() = getShape(op.getTruths())[0];
  return inferTensor(location, name, logits,
                     getElementTypeOrSelf(op.getBoxes()), results);
}

Work MatchingCostOp::getWork() {
  // Of a logit the focal cost (17), of a pair GIoU (33), the distance (12) and
  // their weighted sum (5).
  return workOf(0, getElementCount(getShape(getLogits())) * 17 +
                       getElementCount(getShape(getResult())) * 50);
}

LogicalResult
CrossStageAssignmentOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op, Results &results) {
  constexpr StringRef name = "cross_stage_assignment";
  Shape matched = getShape(op.getMatched()), boxes = getShape(op.getBoxes());
  Shape wanted = matched;
  wanted.push_back(4);
  if (matched.size() != 2 || !areCompatible(boxes, wanted))
    return emitOptionalError(location, "'", name,
                             "' needs matches [stages, N] and boxes [stages, "
                             "N, 4], got ",
                             formatShape(matched), " and ", formatShape(boxes),
                             " [C1]");
  if (failed(checkTruths(location, name, op.getBoxes(), op.getTruths(),
                         op.getLabels())))
    return failure();
  if (op.getClasses() <= 0)
    return emitOptionalError(atKey(location, "classes"), "'", name,
                             "' needs classes above 0, got ", op.getClasses(),
                             " [C3]");
  Type type = getElementTypeOrSelf(op.getBoxes());
  Shape targets = matched;
  targets.push_back(op.getClasses());
  return success(
      succeeded(inferTensor(location, name, targets, type, results)) &&
      succeeded(inferTensor(location, name, matched[0], type, results)));
}

Work CrossStageAssignmentOp::getWork() {
  Shape matched = getShape(getMatched());
  DimExpr pairs = getElementCount(matched) * getDim(getTruths(), 0);
  // Of a pair: the IoU (19), a comparison a stage, then one a class.
  return workOf(0, pairs * (DimExpr(19) + matched[0] + getClasses()));
}
