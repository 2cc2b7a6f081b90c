//===- Activation.cpp - Activations ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Activation.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Activation.cpp.inc"

void LatheDialect::addActivationOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Activation.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// ActivationOp
//===----------------------------------------------------------------------===//

std::optional<double> lathe::getDefaultConstant(ActivationKind kind) {
  switch (kind) {
  case ActivationKind::leaky_relu:
    return 0.01;
  case ActivationKind::elu:
    return 1.0;
  case ActivationKind::softshrink:
  case ActivationKind::hardshrink:
    return 0.5;
  default:
    return std::nullopt;
  }
}

LogicalResult ActivationOp::inferReturnTypes(MLIRContext *,
                                             std::optional<Location> location,
                                             Adaptor op,
                                             SmallVectorImpl<Type> &results) {
  ActivationKind kind = op.getKind();
  if (op.getAlpha() && !getDefaultConstant(kind))
    return emitOptionalError(atKey(location, "alpha"), "'",
                             stringifyActivationKind(kind),
                             "' takes no alpha; leaky_relu, elu, softshrink "
                             "and hardshrink do [C1]");
  bool shrinks =
      kind == ActivationKind::softshrink || kind == ActivationKind::hardshrink;
  if (op.getAlpha() && shrinks &&
      failed(checkNotNegative(location, stringifyActivationKind(kind), "alpha",
                              *op.getAlpha(), "C2")))
    return failure();
  results.push_back(op.getInput().getType());
  return success();
}

double ActivationOp::getConstant() {
  if (std::optional<APFloat> alpha = getAlpha())
    return alpha->convertToDouble();
  return getDefaultConstant(getKind()).value_or(0.0);
}

Work ActivationOp::getWork() {
  if (getKind() == ActivationKind::identity)
    return {};
  return workOf(0, getElementCount(getShape(getResult())));
}

//===----------------------------------------------------------------------===//
// SoftmaxOp
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &results) {
  int64_t rank = getShape(op.getInput()).size();
  if (failed(
          resolveAxis(location, "softmax", "axis", op.getAxis(), rank, "C1")))
    return failure();
  results.push_back(op.getInput().getType());
  return success();
}

// The maximum, the difference, its exponential, the sum, the quotient.
Work SoftmaxOp::getWork() {
  return workOf(0, getElementCount(getShape(getResult())) * 5);
}
