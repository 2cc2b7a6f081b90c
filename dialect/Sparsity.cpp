//===- Sparsity.cpp - Pruning masks ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sparsity.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Sparsity.cpp.inc"

void LatheDialect::addSparsityOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Sparsity.cpp.inc"
      >();
}

/// The size of the last dimension; nothing where it is dynamic or missing.
static std::optional<int64_t> getFeatures(Value value) {
  Shape shape = getShape(value);
  return shape.empty() ? std::nullopt : shape.back().getConstant();
}

//===----------------------------------------------------------------------===//
// ChannelMaskOp
//===----------------------------------------------------------------------===//

LogicalResult ChannelMaskOp::inferReturnTypes(MLIRContext *,
                                              std::optional<Location> location,
                                              Adaptor op,
                                              SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getMask());
  if (shape.size() != 3 || !shape[0].isConstant(1) || !shape[1].isConstant(1))
    return emitOptionalError(location,
                             "'channel_mask' has a mask [1, 1, features], got ",
                             formatShape(shape), " [C1]");
  return inferTensor(location, "channel_mask", shape,
                     getElementTypeOrSelf(op.getMask()), results);
}

Work ChannelMaskOp::getWork() { return workOf(0); }

//===----------------------------------------------------------------------===//
// HybridSparseMaskOp
//===----------------------------------------------------------------------===//

static LogicalResult checkMask(std::optional<Location> location,
                               HybridSparseMaskOp::Adaptor op,
                               int64_t features) {
  if (!op.getMask() == !op.getOwnMask())
    return emitOptionalError(
        location, "'hybrid_sparse_mask' needs one mask, ",
        op.getMask() ? "got its own and 'mask': with 'mask', say 'shared: true'"
                     : "got none: with 'shared: true', give 'mask'",
        " [C4]");
  Value mask = op.getMask() ? op.getMask() : op.getOwnMask();
  if (getElementCount(getShape(mask)).isConstant(features) &&
      getFeatures(mask) == features)
    return success();
  return emitOptionalError(location, "'hybrid_sparse_mask' masks ", features,
                           " features, but its mask is ", formatShape(mask),
                           " [C4]");
}

LogicalResult HybridSparseMaskOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "hybrid_sparse_mask";
  Shape shape = getShape(op.getInput());
  FailureOr<int64_t> axis =
      resolveAxis(location, name, "axis", op.getAxis(), shape.size(), "C1");
  if (failed(axis))
    return failure();
  std::optional<int64_t> features = shape[*axis].getConstant();
  if (!features)
    return emitOptionalError(location, "'", name,
                             "' needs channels of a static number, got ",
                             formatShape(shape), " [C1]");
  if (op.getV() && *axis + 1 != int64_t(shape.size()))
    return emitOptionalError(atKey(location, "axis"), "'", name,
                             "' corrects the last dimension only, not ", *axis,
                             " of ", formatShape(shape),
                             ": say 'rank: 0' [C6]");
  if (!op.getU() != !op.getV())
    return emitOptionalError(location, "'", name, "' has only one of u and v ",
                             "[C2]");
  if (op.getV()) {
    Shape v = getShape(op.getV());
    Shape wanted = {v.empty() ? DimExpr(1) : v[0], *features};
    Shape transposed = {wanted[1], wanted[0]};
    if (failed(checkParameter(location, name, "v", op.getV(), wanted, "C2")) ||
        failed(
            checkParameter(location, name, "u", op.getU(), transposed, "C2")))
      return failure();
  }
  if (failed(checkParameter(location, name, "scale", op.getScale(),
                            {1, *features}, "C3")) ||
      failed(checkMask(location, op, *features)))
    return failure();
  if (op.getStep().has_value() != op.getSteps().has_value())
    return emitOptionalError(location, "'", name,
                             "' has only one of step and steps [C5]");
  int64_t step = op.getStep().value_or(0), steps = op.getSteps().value_or(2);
  if (step < 0 || steps < 2 || step > steps)
    return emitOptionalError(atKey(location, "step"), "'", name,
                             "' needs 0 <= step <= steps and steps >= 2, got ",
                             step, " of ", steps, " [C5]");
  results.push_back(op.getInput().getType());
  return success();
}

Work HybridSparseMaskOp::getWork() {
  DimExpr elements = getElementCount(getShape(getInput()));
  DimExpr rank = getV() ? getDim(getV(), 0) : DimExpr(0);
  // V x and U (V x), then a sum, the scale and the mask.
  return workOf(elements * rank * 2, elements * 3);
}

//===----------------------------------------------------------------------===//
// MaskLossOp, IdentityLossOp
//===----------------------------------------------------------------------===//

LogicalResult MaskLossOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> location,
                                           Adaptor op,
                                           SmallVectorImpl<Type> &results) {
  if (static_cast<int64_t>(op.getTarget()) < 1)
    return emitOptionalError(atKey(location, "target"),
                             "'mask_loss' needs a target of at least 1, got ",
                             static_cast<int64_t>(op.getTarget()), " [C1]");
  return inferTensor(location, "mask_loss", {1},
                     getElementTypeOrSelf(op.getMask()), results);
}

Work MaskLossOp::getWork() {
  return workOf(0, getElementCount(getShape(getMask())) * 9);
}

LogicalResult IdentityLossOp::inferReturnTypes(MLIRContext *,
                                               std::optional<Location> location,
                                               Adaptor op,
                                               SmallVectorImpl<Type> &results) {
  if (getShape(op.getV()).size() != 2)
    return emitOptionalError(location, "'identity_loss' needs a matrix v, got ",
                             formatShape(op.getV()), " [C1]");
  return inferTensor(location, "identity_loss", {1},
                     getElementTypeOrSelf(op.getV()), results);
}

Work IdentityLossOp::getWork() {
  DimExpr rank = getDim(getV(), 0);
  return workOf(rank * rank * getDim(getV(), 1), rank * rank * 3);
}
