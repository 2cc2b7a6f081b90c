//===- DynamicMix.cpp - Checks of mixes with filters of earlier stages ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Checks.h"
#include "dialect/Detection.h"
#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {
/// The sizes of a mix, as its operands have them.
struct MixSizes {
  DimExpr batch, queries, features;
  int64_t groups = 0, places = 0, width = 0, rows = 0, out = 0, reused = 0;
};
} // namespace

/// The sizes, after C1 and C2.
static FailureOr<MixSizes> getMixSizes(std::optional<Location> location,
                                       DynamicMixOp::Adaptor op) {
  Shape sampled = getShape(op.getSampled()), query = getShape(op.getQuery());
  auto isKnown = [](const DimExpr &size) { return !!size.getConstant(); };
  if (sampled.size() != 5 || query.size() != 3 ||
      !query[0].isCompatible(sampled[0]) ||
      !query[1].isCompatible(sampled[1]) || !isKnown(query[2]) ||
      !llvm::all_of(ArrayRef(sampled).drop_front(2), isKnown))
    return emitOptionalError(location,
                             "'dynamic_mix' needs features [B, N, G, P·K, C] "
                             "and a query [B, N, D], got ",
                             formatShape(sampled), " and ", formatShape(query),
                             " [C1]");
  MixSizes sizes;
  sizes.batch = sampled[0], sizes.queries = sampled[1];
  sizes.features = query[2];
  sizes.groups = *sampled[2].getConstant();
  sizes.places = *sampled[3].getConstant();
  sizes.width = *sampled[4].getConstant();
  sizes.out = op.getOutPoints();
  sizes.reused = op.getStored().size() / 2;
  int64_t points = op.getPoints(), subpoints = op.getSubpoints();
  if (points <= 0 || subpoints <= 0 || points > sizes.places ||
      points * subpoints != sizes.places)
    return emitOptionalError(atKey(location, "points"), "'dynamic_mix' has ",
                             sizes.places,
                             " sampled places, but points × subpoints is ",
                             points, " × ", subpoints, " [C2]");
  if (sizes.out <= 0 || (sizes.reused && sizes.out % 2))
    return emitOptionalError(atKey(location, "out_points"),
                             "'dynamic_mix' needs ",
                             sizes.reused ? "an even out_points" : "out_points",
                             " above 0, got ", sizes.out, " [C2]");
  sizes.rows = sizes.reused ? sizes.out / 2 : sizes.out;
  return sizes;
}

/// The stored filters; C3.
static LogicalResult checkStored(std::optional<Location> location,
                                 ValueRange stored, const MixSizes &sizes) {
  if (stored.size() % 2)
    return emitOptionalError(location,
                             "'dynamic_mix' needs a points' filter for each "
                             "stored filter of channels, got ",
                             stored.size(), " filters [C3]");
  for (auto [i, filter] : llvm::enumerate(stored)) {
    Shape shape = getShape(filter);
    bool ofPoints = i % 2;
    Shape wanted = {sizes.batch, sizes.queries, sizes.groups, sizes.width,
                    sizes.width};
    // Of points' filters only the newest is read.
    if (ofPoints && shape.size() == 5) {
      wanted[3] = shape[3], wanted[4] = sizes.places;
      if (i + 1 < stored.size())
        wanted[4] = shape[4];
      else if (shape[3].getConstant().value_or(0) < sizes.rows)
        wanted[3] = sizes.rows;
    }
    if (!areCompatible(shape, wanted))
      return emitOptionalError(
          location, "'dynamic_mix' needs the stored filter ", i, " of ",
          ofPoints ? "points" : "channels", " to be ", formatShape(wanted),
          ofPoints ? " or more rows" : "", ", got ", formatShape(shape),
          " [C3]");
  }
  return success();
}

/// The parameters; C4.
static LogicalResult checkMixParameters(std::optional<Location> location,
                                        DynamicMixOp::Adaptor op,
                                        const MixSizes &sizes) {
  int64_t groups = sizes.groups, width = sizes.width;
  DimExpr query = sizes.features;
  auto checkLinear = [&](StringRef name, Value weight, Value bias, DimExpr out,
                         DimExpr in) {
    return success(
        succeeded(checkParameter(location, "dynamic_mix",
                                 (name + ".weight").str(), weight, {out, in},
                                 "C4")) &&
        succeeded(checkParameter(location, "dynamic_mix",
                                 (name + ".bias").str(), bias, {out}, "C4")));
  };
  DimExpr across = op.getPoints() * width, around = op.getSubpoints() * width;
  DimExpr gates = DimExpr(groups) * width * sizes.reused;
  std::tuple<StringRef, Value, Value, DimExpr, DimExpr> single[] = {
      {"parameter_generator", op.getGeneratorWeight(), op.getGeneratorBias(),
       DimExpr(groups) * (width * width + sizes.rows * sizes.places), query},
      {"mix_bias", op.getShiftWeight(), op.getShiftBias(),
       DimExpr(groups) * (width + sizes.out), query},
      {"Wv", op.getOutputWeight(), op.getOutputBias(), query,
       DimExpr(groups) * sizes.out * width},
      {"M_score_list", op.getChannelGateWeight(), op.getChannelGateBias(),
       gates * 2, query},
      {"M_score_list_mix_bias", op.getReuseShiftWeight(),
       op.getReuseShiftBias(), gates, query},
      {"S_score_list", op.getRowGateWeight(), op.getRowGateBias(),
       DimExpr(groups) * sizes.rows, query},
      {"S_score_list2", op.getPointGateWeight(), op.getPointGateBias(),
       DimExpr(groups) * sizes.places, query}};
  for (auto [i, linear] : llvm::enumerate(single)) {
    auto [name, weight, bias, out, in] = linear;
    if (!weight != !bias || !weight != (i > 2 && !sizes.reused))
      return emitOptionalError(location, "'dynamic_mix' needs ", name,
                               ".weight and ", name,
                               ".bias if and only if filters are stored [C4]");
    if (failed(checkLinear(name, weight, bias, out, in)))
      return failure();
  }
  for (auto [name, norm] :
       {std::pair("Wv_layer_norm.weight", op.getNormWeight()),
        std::pair("Wv_layer_norm.bias", op.getNormBias())})
    if (failed(
            checkParameter(location, "dynamic_mix", name, norm, {query}, "C4")))
      return failure();
  std::tuple<StringRef, ValueRange, ValueRange, DimExpr, DimExpr> families[] = {
      {"axis_atten_list", op.getAcrossPointsWeight(), op.getAcrossPointsBias(),
       across, across},
      {"subbox_local_list", op.getAcrossSubpointsWeight(),
       op.getAcrossSubpointsBias(), around, around},
      {"subbox_score_list", op.getScoreWeight(), op.getScoreBias(),
       DimExpr(groups) * sizes.places, query}};
  for (const auto &[name, weights, biases, out, in] : families) {
    if (static_cast<int64_t>(weights.size()) != sizes.reused ||
        static_cast<int64_t>(biases.size()) != sizes.reused)
      return emitOptionalError(location, "'dynamic_mix' reuses the filters of ",
                               sizes.reused, " stages, but has ",
                               weights.size(), " weights and ", biases.size(),
                               " biases of ", name, " [C4]");
    for (auto [weight, bias] : llvm::zip(weights, biases))
      if (failed(checkLinear(name, weight, bias, out, in)))
        return failure();
  }
  return success();
}

LogicalResult DynamicMixOp::inferReturnTypes(MLIRContext *,
                                             std::optional<Location> location,
                                             Adaptor op,
                                             SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "dynamic_mix";
  FailureOr<MixSizes> sizes = getMixSizes(location, op);
  if (failed(sizes) || failed(checkStored(location, op.getStored(), *sizes)) ||
      failed(checkMixParameters(location, op, *sizes)))
    return failure();
  SmallVector<Value> activations = {op.getSampled(), op.getQuery()};
  llvm::append_range(activations, op.getStored());
  Type type = getElementTypeOrSelf(op.getQuery());
  for (Value activation : activations)
    if (getElementTypeOrSelf(activation) != type)
      return emitOptionalError(location, "'", name,
                               "' needs one element type, got ", type, " and ",
                               getElementTypeOrSelf(activation), " [C5]");
  if (failed(checkNotNegative(location, name, "eps", op.getEps(), "C6")))
    return failure();
  results.push_back(op.getQuery().getType());
  Shape filter = {sizes->batch, sizes->queries, sizes->groups, sizes->width,
                  sizes->width};
  if (failed(inferTensor(location, name, filter, type, results)))
    return failure();
  filter[3] = sizes->out, filter[4] = sizes->places;
  return inferTensor(location, name, filter, type, results);
}

Work DynamicMixOp::getWork() {
  Shape sampled = getShape(getSampled());
  DimExpr queries = sampled[0] * sampled[1], features = getDim(getQuery(), 2);
  DimExpr groups = sampled[2], places = sampled[3], width = sampled[4];
  DimExpr out = getOutPoints();
  int64_t reused = getStored().size() / 2;
  DimExpr elements = queries * groups * places * width;
  DimExpr channelFilter = queries * groups * width * width;
  DimExpr pointFilter = queries * groups * out * places;
  // The maps of the query; those without effect are not counted.
  DimExpr made = getDim(getGeneratorBias(), 0) + getDim(getShiftBias(), 0);
  if (reused)
    made += getDim(getChannelGateBias(), 0) + getDim(getReuseShiftBias(), 0) +
            getDim(getRowGateBias(), 0) + getDim(getPointGateBias(), 0);
  DimExpr products = queries * features * made;
  // F M and S F, once more F M̃ and both adapters a reused stage, then Wv.
  products += elements * width * (reused + 1) + elements * out;
  products +=
      elements * (DimExpr(getPoints()) + getSubpoints()) * width * reused;
  products += queries * groups * out * width * features;
  // Biases, norms (7) and relu after each product of filters; gates of filters
  // (4 an element), sums of adapters (4); the last norm and its residual.
  DimExpr mixed = queries * groups * out * width;
  DimExpr further = elements * 9 * (reused + 1) + mixed * 9 +
                    queries * features * 10 + queries * made;
  if (reused)
    further +=
        channelFilter * 4 * reused + pointFilter * 2 + elements * 4 * reused;
  return workOf(products, further);
}
