//===- Loss.cpp - Losses, computed forwards -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Loss.h"
#include "dialect/Checks.h"
#include "dialect/Detection.h"
#include "dialect/DimBounds.h"
#include "dialect/Locations.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Loss.cpp.inc"

void LatheDialect::addLossOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Loss.cpp.inc"
      >();
}

using Results = SmallVectorImpl<Type>;

/// The type of losses of the given shape, or of what they combine to.
static LogicalResult inferLoss(std::optional<Location> location, StringRef op,
                               ArrayRef<DimExpr> losses,
                               LossReduction reduction, Value input,
                               Results &results) {
  Shape shape = {1};
  if (reduction == LossReduction::none)
    shape.assign(losses.begin(), losses.end());
  return inferTensor(location, op, shape, getElementTypeOrSelf(input), results);
}

static LogicalResult checkWithinOne(std::optional<Location> location,
                                    StringRef op, StringRef key,
                                    const APFloat &value,
                                    StringRef constraint) {
  if (value >= APFloat(0.0) && value <= APFloat(1.0))
    return success();
  return emitOptionalError(atKey(location, key), "'", op, "' needs ", key,
                           " from 0 to 1, got ", formatNumber(value), " [",
                           constraint, "]");
}

/// That the weight, if any, stretches to losses of the given shape.
static LogicalResult checkWeight(std::optional<Location> location, StringRef op,
                                 Value weight, ArrayRef<DimExpr> losses,
                                 StringRef constraint) {
  if (!weight)
    return success();
  std::optional<Shape> stretched = broadcastShapes(losses, getShape(weight));
  if (stretched && areCompatible(*stretched, losses))
    return success();
  return emitOptionalError(location, "'", op, "' cannot stretch a weight of ",
                           formatShape(weight), " to losses of ",
                           formatShape(losses), " [", constraint, "]");
}

/// That the factor, if any, is one number, and divides a mean.
static LogicalResult checkFactor(std::optional<Location> location, StringRef op,
                                 Value factor, LossReduction reduction,
                                 StringRef constraint) {
  if (!factor)
    return success();
  Shape shape = getShape(factor);
  if (shape.size() > 1 || !getElementCount(shape).isConstant(1))
    return emitOptionalError(location, "'", op, "' needs a factor [] or [1], ",
                             "got ", formatShape(shape), " [", constraint, "]");
  if (reduction != LossReduction::mean)
    return emitOptionalError(atKey(location, "reduction"), "'", op,
                             "' has a factor, which divides a mean, but the "
                             "reduction ",
                             stringifyLossReduction(reduction), " [",
                             constraint, "]");
  return success();
}

/// What it costs to combine losses: with a weight a product each, and a sum.
static DimExpr workOfCombining(const DimExpr &losses, Value weight,
                               LossReduction reduction) {
  int64_t each = (weight ? 1 : 0) + (reduction != LossReduction::none ? 1 : 0);
  return losses * each;
}

//===----------------------------------------------------------------------===//
// CrossEntropyOp
//===----------------------------------------------------------------------===//

LogicalResult CrossEntropyOp::inferReturnTypes(MLIRContext *,
                                               std::optional<Location> location,
                                               Adaptor op, Results &results) {
  constexpr StringRef name = "cross_entropy";
  Shape shape = getShape(op.getLogits()), target = getShape(op.getTarget());
  FailureOr<int64_t> axis =
      resolveAxis(location, name, "axis", op.getAxis(), shape.size(), "C1");
  if (failed(axis))
    return failure();
  Shape losses = shape;
  losses.erase(losses.begin() + *axis);
  if (!areCompatible(target, losses) ||
      getElementTypeOrSelf(op.getTarget()).isInteger(1))
    return emitOptionalError(location, "'", name, "' needs whole numbers ",
                             formatShape(losses), " as targets of logits ",
                             formatShape(shape), ", got ",
                             op.getTarget().getType(), " [C2]");
  if (failed(checkWithinOne(location, name, "label_smoothing",
                            op.getLabelSmoothing(), "C3")))
    return failure();
  return inferLoss(location, name, losses, op.getReduction(), op.getLogits(),
                   results);
}

Work CrossEntropyOp::getWork() {
  // A maximum, a difference, a power and a sum; one more for the mean.
  int64_t each = getLabelSmoothing().isZero() ? 4 : 5;
  DimExpr losses = getElementCount(getShape(getTarget()));
  // A logarithm and two differences.
  return workOf(0, getElementCount(getShape(getLogits())) * each + losses * 3 +
                       workOfCombining(losses, {}, getReduction()));
}

//===----------------------------------------------------------------------===//
// FocalLossOp
//===----------------------------------------------------------------------===//

LogicalResult FocalLossOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op, Results &results) {
  constexpr StringRef name = "focal_loss";
  Shape shape = getShape(op.getLogits()), target = getShape(op.getTarget());
  if (shape.empty())
    return emitOptionalError(location, "'", name,
                             "' needs logits with a last dimension [C1]");
  Type targetType = getElementTypeOrSelf(op.getTarget());
  bool areLabels = areCompatible(target, ArrayRef(shape).drop_back()) &&
                   !isa<FloatType>(targetType) && !targetType.isInteger(1);
  if (!areLabels && !areCompatible(target, shape))
    return emitOptionalError(location, "'", name, "' needs targets ",
                             formatShape(shape), " or whole numbers ",
                             formatShape(ArrayRef(shape).drop_back()), ", got ",
                             op.getTarget().getType(), " [C2]");
  if (failed(checkWithinOne(location, name, "alpha", op.getAlpha(), "C3")) ||
      failed(checkNotNegative(location, name, "gamma", op.getGamma(), "C3")) ||
      failed(checkWeight(location, name, op.getWeight(), shape, "C4")) ||
      failed(
          checkFactor(location, name, op.getFactor(), op.getReduction(), "C5")))
    return failure();
  return inferLoss(location, name, shape, op.getReduction(), op.getLogits(),
                   results);
}

Work FocalLossOp::getWork() {
  DimExpr losses = getElementCount(getShape(getLogits()));
  // The sigmoid and what is left of 1: five; the logarithm and the entropy:
  // five; how far the target is off and its power: five; the weight: four, and
  // two products.
  return workOf(0, losses * 21 +
                       workOfCombining(losses, getWeight(), getReduction()));
}

//===----------------------------------------------------------------------===//
// L1LossOp, GiouLossOp
//===----------------------------------------------------------------------===//

/// Whether both have one element type and compatible sizes.
static bool haveOneType(Value a, Value b) {
  return getElementTypeOrSelf(a) == getElementTypeOrSelf(b) &&
         areCompatible(getShape(a), getShape(b));
}

LogicalResult L1LossOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op, Results &results) {
  constexpr StringRef name = "l1_loss";
  if (!haveOneType(op.getInput(), op.getTarget()))
    return emitOptionalError(
        location, "'", name, "' needs an input and a target of one type, got ",
        op.getInput().getType(), " and ", op.getTarget().getType(), " [C1]");
  Shape losses = getShape(op.getInput());
  if (failed(checkNotNegative(location, name, "beta", op.getBeta(), "C2")) ||
      failed(checkWeight(location, name, op.getWeight(), losses, "C3")) ||
      failed(
          checkFactor(location, name, op.getFactor(), op.getReduction(), "C4")))
    return failure();
  return inferLoss(location, name, losses, op.getReduction(), op.getInput(),
                   results);
}

Work L1LossOp::getWork() {
  DimExpr losses = getElementCount(getShape(getInput()));
  // A difference and its magnitude; both forms and the choice.
  int64_t each = getBeta().isZero() ? 2 : 6;
  return workOf(0, losses * each +
                       workOfCombining(losses, getWeight(), getReduction()));
}

LogicalResult GiouLossOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> location,
                                           Adaptor op, Results &results) {
  constexpr StringRef name = "giou_loss";
  Shape losses = getShape(op.getBoxes());
  if (losses.empty() || !losses.back().isCompatible(4) ||
      !haveOneType(op.getBoxes(), op.getTarget()))
    return emitOptionalError(location, "'", name,
                             "' needs boxes and targets [..., 4] of one type, "
                             "got ",
                             op.getBoxes().getType(), " and ",
                             op.getTarget().getType(), " [C1]");
  losses.pop_back();
  if (failed(checkNotNegative(location, name, "eps", op.getEps(), "C2")) ||
      failed(checkWeight(location, name, op.getWeight(), losses, "C3")) ||
      failed(
          checkFactor(location, name, op.getFactor(), op.getReduction(), "C4")))
    return failure();
  return inferLoss(location, name, losses, op.getReduction(), op.getBoxes(),
                   results);
}

Work GiouLossOp::getWork() {
  Shape boxes = getShape(getBoxes());
  DimExpr losses = getElementCount(ArrayRef(boxes).drop_back());
  return workOf(0, losses * (countOverlapWork(OverlapKind::giou) + 1) +
                       workOfCombining(losses, getWeight(), getReduction()));
}

//===----------------------------------------------------------------------===//
// DistillationLossOp
//===----------------------------------------------------------------------===//

LogicalResult
DistillationLossOp::inferReturnTypes(MLIRContext *,
                                     std::optional<Location> location,
                                     Adaptor op, Results &results) {
  constexpr StringRef name = "distillation_loss";
  Value student = op.getStudent(), teacher = op.getTeacher();
  Shape own = getShape(student), wanted = getShape(teacher);
  FailureOr<int64_t> axis =
      resolveAxis(location, name, "axis", op.getAxis(), own.size(), "C2");
  if (failed(axis))
    return failure();
  bool isKl = op.getKind() == DistillationKind::kl;
  if (own.size() == wanted.size()) {
    std::optional<int64_t> channels = own[*axis].getConstant();
    std::optional<int64_t> most = wanted[*axis].getConstant();
    if (isKl ? !own[*axis].isCompatible(wanted[*axis])
             : channels && most && *channels > *most)
      return emitOptionalError(location, "'", name, "' needs a student with ",
                               isKl ? "as many classes as"
                                    : "no more channels than",
                               " its teacher, got ", own[*axis].str(), " and ",
                               wanted[*axis].str(), " [C3]");
    wanted[*axis] = own[*axis];
  }
  if (!areCompatible(own, wanted) ||
      getElementTypeOrSelf(student) != getElementTypeOrSelf(teacher))
    return emitOptionalError(
        location, "'", name, "' needs a student and a teacher of one type but ",
        "along the dimension ", *axis, ", got ", student.getType(), " and ",
        teacher.getType(), " [C1]");
  APFloat temperature = op.getTemperature();
  if (!(temperature > APFloat(0.0)) ||
      (!isKl && !temperature.isExactlyValue(1)))
    return emitOptionalError(atKey(location, "temperature"), "'", name,
                             "' needs a temperature ",
                             isKl ? "above 0" : "of 1 for mse", ", got ",
                             formatNumber(temperature), " [C4]");
  if (isKl)
    own.erase(own.begin() + *axis);
  return inferLoss(location, name, own, op.getReduction(), student, results);
}

/// What the inference, which comes before, cannot know: the bounds of
/// dimensions.
LogicalResult DistillationLossOp::verifyRegions() {
  DimExpr channels = getDim(getStudent(), getAxis());
  DimExpr most = getDim(getTeacher(), getAxis());
  if (channels.isCompatible(most))
    return success();
  auto module = (*this)->getParentOfType<ModuleOp>();
  DimBounds bounds = module ? DimBounds(module) : DimBounds();
  auto spare = bounds.of(most - channels);
  if (spare && spare->first >= 0)
    return success();
  return mlir::emitError(getLoc())
         << "'distillation_loss' needs a student with no more channels than "
            "its teacher, but '"
         << channels.str() << "' may be above " << most.str() << " [C3]";
}

Work DistillationLossOp::getWork() {
  DimExpr elements = getElementCount(getShape(getStudent()));
  DimExpr losses = elements;
  // A difference and its square; or of both a maximum, a difference, a
  // quotient, a power and a sum, then a quotient, a difference, a product and
  // a sum.
  int64_t each = 2;
  if (getKind() == DistillationKind::kl) {
    Shape shape = getShape(getStudent());
    shape.erase(shape.begin() + fromFront(getAxis(), shape.size()));
    losses = getElementCount(shape);
    each = 14;
  }
  return workOf(0,
                elements * each + workOfCombining(losses, {}, getReduction()));
}

DimExpr DistillationLossOp::getBytes() {
  auto bytesOf = [](Value value) {
    return getElementCount(getShape(value)) *
           getElementBytes(getElementTypeOrSelf(value));
  };
  return bytesOf(getStudent()) * 2 + bytesOf(getResult());
}
