//===- Detection.cpp - Query-based detection as smaller ops ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Detection.h"
#include "codegen/Decomposition.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

struct OverlapBiasDecomposition : Decomposition<OverlapBiasOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(OverlapBiasOp op, Composer &c) const override {
    Value overlap = BoxOverlapOp::create(
        c, op.getBoxes(), op.getBoxes(),
        OverlapKindAttr::get(c.getContext(), OverlapKind::iof),
        c.getF64FloatAttr(0));
    Value logarithm =
        c.unary(UnaryKind::log, c.add(overlap, op.getEps().convertToDouble()));
    int64_t rank = getShape(op.getBoxes()).size();
    Value tau = c.unsqueeze(op.getIofTau(), {1, 2});
    return {c.mul(tau, c.unsqueeze(logarithm, {rank - 2}))};
  }
};

/// The decomposition of one op. Shapes stand for batch B, queries N, groups G,
/// places L = P·K, channels C and rows o of the points' filter.
class DynamicMix {
public:
  DynamicMix(DynamicMixOp op, Composer &c) : op(op), c(c) {
    Shape sampled = getShape(op.getSampled());
    lead = {sampled[0], sampled[1], sampled[2]};
    places = *sampled[3].getConstant();
    width = *sampled[4].getConstant();
    reused = op.getStored().size() / 2;
    out = op.getOutPoints();
    rows = reused ? out / 2 : out;
  }

  SmallVector<Value> decompose() {
    Value filters = ofQuery(op.getGeneratorWeight(), op.getGeneratorBias(),
                            {width * width + rows * places});
    SmallVector<Value> parts =
        c.split(filters, {width * width, rows * places}, -1);
    channelFilter = c.reshape(parts[0], shape({width, width}));
    pointFilter = c.reshape(parts[1], shape({rows, places}));
    Value shifts =
        ofQuery(op.getShiftWeight(), op.getShiftBias(), {width + out});
    SmallVector<Value> shift = c.split(shifts, {width, out}, -1);
    Value x = filterChannels(op.getSampled(), channelFilter,
                             c.unsqueeze(shift[0], {3}));
    if (reused) {
      x = mixReused(x);
      pointFilter = extendPointFilter();
    }
    x = normRelu(c.add(c.matmul(pointFilter, x), c.unsqueeze(shift[1], {4})));
    return {mapToQuery(x), channelFilter, pointFilter};
  }

private:
  /// [B, N, G, ...].
  Shape shape(ArrayRef<int64_t> rest) {
    Shape result = lead;
    result.append(rest.begin(), rest.end());
    return result;
  }

  /// A linear map of the query, as [B, N, G, ...].
  Value ofQuery(Value weight, Value bias, ArrayRef<int64_t> rest) {
    return c.reshape(c.linear(op.getQuery(), weight, bias), shape(rest));
  }
  Value gate(Value weight, Value bias, ArrayRef<int64_t> rest) {
    return c.activate(ActivationKind::sigmoid, ofQuery(weight, bias, rest));
  }

  Value normRelu(Value x) {
    return c.activate(ActivationKind::relu,
                      c.layerNorm(x, {}, {}, 2, op.getEps().convertToDouble()));
  }
  Value filterChannels(Value x, Value filter, Value shift) {
    return normRelu(c.add(c.matmul(x, filter), shift));
  }
  /// own + (other − own) ⊙ how much.
  Value blend(Value own, Value other, Value rowGate, Value columnGate) {
    return c.add(own, c.mul(c.sub(other, own), c.mul(rowGate, columnGate)));
  }

  /// How much a place counts among those of its point, [B, N, G, L, 1]: as
  /// released, a softmax over the last axis, of one element, and so 1. Nothing
  /// is gained by knowing that here: `lathe-erase-dead` finds it.
  Value score(int64_t stage) {
    return c.softmax(ofQuery(op.getScoreWeight()[stage],
                             op.getScoreBias()[stage], {places, 1}));
  }

  /// The light adapters: over (point, channel) of each place, and over (place,
  /// channel) of each point.
  Value adapt(Value x, int64_t stage) {
    int64_t points = op.getPoints(), subpoints = op.getSubpoints();
    Value byPoint = c.reshape(x, shape({points, subpoints, width}));
    Value bySubpoint = c.transpose(byPoint, {0, 1, 2, 4, 3, 5});
    Value acrossPoints = c.linear(
        c.reshape(bySubpoint, shape({subpoints, points * width})),
        op.getAcrossPointsWeight()[stage], op.getAcrossPointsBias()[stage]);
    acrossPoints =
        c.transpose(c.reshape(acrossPoints, shape({subpoints, points, width})),
                    {0, 1, 2, 4, 3, 5});
    Value acrossSubpoints =
        c.linear(c.reshape(x, shape({points, subpoints * width})),
                 op.getAcrossSubpointsWeight()[stage],
                 op.getAcrossSubpointsBias()[stage]);
    acrossSubpoints =
        c.mul(c.reshape(acrossSubpoints, shape({points, subpoints, width})),
              c.reshape(score(stage), shape({points, subpoints, 1})));
    return c.reshape(c.add(acrossPoints, acrossSubpoints),
                     shape({places, width}));
  }

  Value mixReused(Value x) {
    // The axis of two holds columns, the channels that come out, then rows.
    Value gates = gate(op.getChannelGateWeight(), op.getChannelGateBias(),
                       {width, 2, reused});
    Value shifts = ofQuery(op.getReuseShiftWeight(), op.getReuseShiftBias(),
                           {reused, width});
    Value residual = op.getSampled();
    for (int64_t j = 0; j < reused; ++j) {
      residual = c.add(adapt(x, j), residual);
      SmallVector<Value> ofStage =
          c.split(c.slice(gates, 5, j, j + 1), {1, 1}, 4);
      Value mixed = blend(channelFilter, op.getStored()[2 * j],
                          c.reshape(ofStage[1], shape({width, 1})),
                          c.reshape(ofStage[0], shape({1, width})));
      x = filterChannels(residual, mixed, c.slice(shifts, 3, j, j + 1));
    }
    return x;
  }

  /// The own rows, then the newest stored ones.
  Value extendPointFilter() {
    Value rowGate = gate(op.getRowGateWeight(), op.getRowGateBias(), {rows, 1});
    Value placeGate =
        gate(op.getPointGateWeight(), op.getPointGateBias(), {1, places});
    Value newest = c.slice(op.getStored().back(), 3, 0, rows);
    return c.concat(
        {pointFilter, blend(pointFilter, newest, rowGate, placeGate)}, 3);
  }

  Value mapToQuery(Value x) {
    DimExpr features = lead[2] * out * width;
    Value mapped = c.linear(c.reshape(x, {lead[0], lead[1], features}),
                            op.getOutputWeight(), op.getOutputBias());
    return c.layerNorm(c.add(op.getQuery(), mapped), op.getNormWeight(),
                       op.getNormBias(), 1, op.getEps().convertToDouble());
  }

  DynamicMixOp op;
  Composer &c;
  Shape lead;
  int64_t places, width, reused, out, rows;
  Value channelFilter, pointFilter;
};

struct DynamicMixDecomposition : Decomposition<DynamicMixOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(DynamicMixOp op, Composer &c) const override {
    return DynamicMix(op, c).decompose();
  }
};

} // namespace

void lathe::populateDetectionDecompositions(RewritePatternSet &patterns) {
  patterns.add<OverlapBiasDecomposition, DynamicMixDecomposition>(
      patterns.getContext());
}
