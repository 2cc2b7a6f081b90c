//===- Routing.cpp - Routing of tokens to experts -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Routing.h"
#include "dialect/Checks.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Routing.cpp.inc"

void LatheDialect::addRoutingOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Routing.cpp.inc"
      >();
}

/// That `k` of `count` experts can be picked.
static LogicalResult checkPicks(std::optional<Location> location, StringRef op,
                                int64_t k, int64_t count,
                                StringRef constraint) {
  if (k >= 1 && k <= count)
    return success();
  return emitOptionalError(atKey(location, "top_k"), "'", op, "' picks 1 to ",
                           count, " of ", count, " experts, got top_k: ", k,
                           " [", constraint, "]");
}

//===----------------------------------------------------------------------===//
// NullExpertRouterOp
//===----------------------------------------------------------------------===//

/// How many experts a gate is for: nothing if its shape is not that of one.
static std::optional<int64_t> countGated(Value gate, const DimExpr &features) {
  Shape shape = getShape(gate);
  if (shape.size() != 2 || !shape[1].isCompatible(features))
    return std::nullopt;
  return shape[0].getConstant();
}

LogicalResult NullExpertRouterOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "null_expert_router";
  Shape shape = getShape(op.getInput());
  if (shape.empty())
    return emitOptionalError(location, "'", name,
                             "' needs an input with a last dimension [C1]");
  int64_t experts = 0;
  std::pair<StringRef, Value> gates[] = {{"gate", op.getGate()},
                                         {"gate2", op.getNullGate()}};
  for (auto [which, gate] : gates) {
    if (!gate)
      continue;
    std::optional<int64_t> count = countGated(gate, shape.back());
    if (!count)
      return emitOptionalError(location, "'", name, "' needs a ", which,
                               " [experts, ", shape.back().str(), "], got ",
                               formatShape(gate), " [C2]");
    experts += *count;
  }
  int64_t k = op.getTopK();
  if (failed(checkPicks(location, name, k, experts, "C3")))
    return failure();
  DimExpr tokens = getElementCount(ArrayRef(shape).drop_back());
  Type elementType = getElementTypeOrSelf(op.getInput());
  auto infer = [&](int64_t size, Type type) {
    return inferTensor(location, name, {tokens, size}, type, results);
  };
  return success(succeeded(infer(experts, elementType)) &&
                 succeeded(infer(k, elementType)) &&
                 succeeded(infer(k, IntegerType::get(context, 64))));
}

Work NullExpertRouterOp::getWork() {
  DimExpr logits = getElementCount(getShape(getLogits()));
  // Softmax is 5 operations an element and selection 1; a pick is masked,
  // added up and divided.
  return workOf(logits * getDim(getInput(), -1),
                logits * 6 + getElementCount(getShape(getWeights())) * 3);
}

//===----------------------------------------------------------------------===//
// ExpertsOp
//===----------------------------------------------------------------------===//

/// C3 to C5 of `experts` and `grouped_experts`.
template <typename Adaptor>
static LogicalResult checkExperts(std::optional<Location> location,
                                  StringRef name, Adaptor op) {
  size_t count = op.getW1().size();
  if (count == 0 || op.getW2().size() != count || op.getW3().size() != count)
    return emitOptionalError(location, "'", name,
                             "' needs at least one expert, and as many of each "
                             "matrix, got ",
                             count, " of w1, ", op.getW2().size(), " of w2, ",
                             op.getW3().size(), " of w3 [C3]");
  DimExpr features = getDim(op.getInput(), -1),
          hidden = getDim(op.getW1().front(), 0);
  std::tuple<StringRef, ValueRange, Shape> families[] = {
      {"w1", op.getW1(), {hidden, features}},
      {"w2", op.getW2(), {features, hidden}},
      {"w3", op.getW3(), {hidden, features}}};
  for (const auto &[parameter, values, wanted] : families)
    for (Value value : values)
      if (failed(
              checkParameter(location, name, parameter, value, wanted, "C4")))
        return failure();
  Type elementType = getElementTypeOrSelf(op.getInput());
  if (getElementTypeOrSelf(op.getWeights()) != elementType)
    return emitOptionalError(location, "'", name, "' has an input of ",
                             elementType, " and weights of ",
                             getElementTypeOrSelf(op.getWeights()), " [C5]");
  return success();
}

/// The arithmetic of `picks` picks that are all experts.
static Work workOfPicks(const DimExpr &picks, Value input, Value w1) {
  DimExpr features = getDim(input, -1), hidden = getDim(w1, 0);
  // Silu and the product with what it gates; the weighted sum.
  return workOf(picks * hidden * features * 3,
                picks * (hidden * 2 + features * 2));
}

LogicalResult ExpertsOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "experts";
  Shape shape = getShape(op.getInput());
  if (shape.empty())
    return emitOptionalError(location, "'", name,
                             "' needs an input with a last dimension [C1]");
  DimExpr tokens = getElementCount(ArrayRef(shape).drop_back());
  Shape weights = getShape(op.getWeights()), picks = getShape(op.getPicks());
  if (weights.size() != 2 || !weights[0].isCompatible(tokens) ||
      !areCompatible(weights, picks))
    return emitOptionalError(location, "'", name, "' needs weights and picks [",
                             tokens.str(), ", top_k], got ",
                             formatShape(weights), " and ", formatShape(picks),
                             " [C2]");
  if (failed(checkExperts(location, name, op)))
    return failure();
  results.push_back(op.getInput().getType());
  return success();
}

Work ExpertsOp::getWork() {
  return workOfPicks(getElementCount(getShape(getPicks())), getInput(),
                     getW1().front());
}

//===----------------------------------------------------------------------===//
// GroupPicksOp and GroupedExpertsOp
//===----------------------------------------------------------------------===//

LogicalResult GroupPicksOp::inferReturnTypes(MLIRContext *context,
                                             std::optional<Location> location,
                                             Adaptor op,
                                             SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "group_picks";
  Shape picks = getShape(op.getPicks());
  if (picks.size() != 2 || !picks[1].getConstant())
    return emitOptionalError(location, "'", name,
                             "' needs picks [N, top_k], got ",
                             formatShape(op.getPicks()), " [C1]");
  int64_t experts = op.getExperts();
  if (experts < 1)
    return emitOptionalError(location, "'", name,
                             "' needs at least one expert, got ", experts,
                             " [C2]");
  DimExpr count = getElementCount(picks);
  Type type = IntegerType::get(context, 64);
  for (const DimExpr &size : {count, count, DimExpr(experts + 1)})
    if (failed(inferTensor(location, name, {size}, type, results)))
      return failure();
  return success();
}

Work GroupPicksOp::getWork() {
  // Each pick is counted, and then placed.
  return workOf(0, getElementCount(getShape(getPicks())) * 2);
}

LogicalResult
GroupedExpertsOp::inferReturnTypes(MLIRContext *,
                                   std::optional<Location> location, Adaptor op,
                                   SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "grouped_experts";
  Shape shape = getShape(op.getInput());
  if (shape.empty())
    return emitOptionalError(location, "'", name,
                             "' needs an input with a last dimension [C1]");
  DimExpr tokens = getElementCount(ArrayRef(shape).drop_back());
  Shape weights = getShape(op.getWeights());
  DimExpr picks = getElementCount(weights);
  bool areOfPicks = weights.size() == 2 && weights[0].isCompatible(tokens) &&
                    weights[1].getConstant() &&
                    areCompatible(getShape(op.getOrder()), ArrayRef(picks)) &&
                    areCompatible(getShape(op.getPlaces()), ArrayRef(picks));
  if (!areOfPicks)
    return emitOptionalError(
        location, "'", name, "' needs weights [", tokens.str(),
        ", top_k], order and places of as many picks, got ",
        formatShape(op.getWeights()), ", ", formatShape(op.getOrder()), " and ",
        formatShape(op.getPlaces()), " [C2]");
  if (failed(checkExperts(location, name, op)))
    return failure();
  DimExpr offsets = int64_t(op.getW1().size()) + 1;
  if (!areCompatible(getShape(op.getOffsets()), ArrayRef(offsets)))
    return emitOptionalError(location, "'", name, "' needs ", offsets.str(),
                             " offsets, got ", formatShape(op.getOffsets()),
                             " [C3]");
  results.push_back(op.getInput().getType());
  return success();
}

Work GroupedExpertsOp::getWork() {
  return workOfPicks(getElementCount(getShape(getWeights())), getInput(),
                     getW1().front());
}

//===----------------------------------------------------------------------===//
// BalanceLossOp
//===----------------------------------------------------------------------===//

LogicalResult BalanceLossOp::inferReturnTypes(MLIRContext *,
                                              std::optional<Location> location,
                                              Adaptor op,
                                              SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "balance_loss";
  Shape shape = getShape(op.getLogits());
  std::optional<int64_t> count =
      shape.size() == 2 ? shape[1].getConstant() : std::nullopt;
  if (!count)
    return emitOptionalError(location, "'", name,
                             "' needs logits [tokens, experts], got ",
                             formatShape(shape), " [C1]");
  int64_t experts = op.getExperts();
  if (experts < 1 || experts > *count)
    return emitOptionalError(atKey(location, "experts"), "'", name, "' has ",
                             *count, " logits a token, but experts: ", experts,
                             " [C2]");
  if (failed(checkPicks(location, name, op.getTopK(), *count, "C3")))
    return failure();
  return inferTensor(location, name, {1}, getElementTypeOrSelf(op.getLogits()),
                     results);
}

Work BalanceLossOp::getWork() {
  // Softmax, selection and the mean.
  return workOf(0, getElementCount(getShape(getLogits())) * 7);
}
