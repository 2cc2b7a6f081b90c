//===- Detection.cpp - Query-based detection as linalg --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Detection.h"
#include "codegen/lower/Boxes.h"
#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// The lowering of one op. Places are [B, N, G, P, K].
class LevelSample {
public:
  LevelSample(LevelSampleOp op, Structured &b)
      : op(op), b(b), last(b.isChannelsLast()) {
    Shape query = b.getShape(op.getQuery());
    places = {query[0], query[1], op.getGroups(), op.getPoints(),
              op.getSubpoints()};
    width = *query[2].getConstant() / op.getGroups();
  }

  Value lower() {
    Value query = widen(b, op.getQuery());
    type = getElementTypeOrSelf(query);
    boxes = convertTensor(b, op.getBoxes(), type);
    first = b.reshape(linear(query, op.getPointWeight(), op.getPointBias()),
                      {places[0], places[1], places[2], places[3], 3});
    second =
        b.reshape(linear(query, op.getSubpointWeight(), op.getSubpointBias()),
                  {places[0], places[1], places[4], 3});
    Value x = position(0, -0.5), y = position(1, 0.5);
    Value weights = levelWeights();
    Value sampled = b.reshape(sample(x, y, weights), b.getResultShape());
    return convertTensor(b, sampled, getElementTypeOrSelf(op.getQuery()));
  }

private:
  Value linear(Value x, Value weight, Value bias) {
    weight = convertTensor(b, weight, type);
    bias = convertTensor(b, bias, type);
    Shape shape = b.getShape(x);
    shape.back() = b.getShape(weight)[0];
    Value product =
        b.contract(shape, 1, x, b.mapOf(4, {b.d(0), b.d(1), b.d(3)}), weight,
                   b.mapOf(4, {b.d(2), b.d(3)}));
    return b.broadcastMap(shape, type, {product, bias},
                          [](Structured &b, ValueRange args) {
                            return add(b, args[0], args[1]);
                          });
  }

  // The coordinates of an operand at a place, as maps from `dims` loops.
  AffineMap ofBox(unsigned dims, int64_t i) {
    return b.mapOf(dims, {b.d(0), b.d(1), b.getAffineConstantExpr(i)});
  }
  AffineMap ofFirst(unsigned dims, int64_t i) {
    return b.mapOf(
        dims, {b.d(0), b.d(1), b.d(2), b.d(3), b.getAffineConstantExpr(i)});
  }
  AffineMap ofSecond(unsigned dims, int64_t i) {
    return b.mapOf(dims, {b.d(0), b.d(1), b.d(4), b.getAffineConstantExpr(i)});
  }

  /// c + 2^(z + aspect·r) (d0 + 2^dz0 d1), in pixels.
  Value position(int64_t axis, double aspect) {
    return b.map(places, type, {boxes, boxes, boxes, first, first, second},
                 {ofBox(5, axis), ofBox(5, 2), ofBox(5, 3), ofFirst(5, axis),
                  ofFirst(5, 2), ofSecond(5, axis)},
                 [&](Structured &b, ValueRange args) -> Value {
                   Value scale = add(b, args[1],
                                     mul(b, args[2], like(b, args[2], aspect)));
                   Value size = math::Exp2Op::create(b, scale);
                   Value spread = math::Exp2Op::create(b, args[4]);
                   Value offset = add(b, args[3], mul(b, spread, args[5]));
                   return add(b, args[0], mul(b, size, offset));
                 });
  }

  /// [B, N, G, P, K, levels].
  Value levelWeights() {
    int64_t levels = op.getFeatures().size();
    SmallVector<double> depths;
    for (int64_t level = 0; level < levels; ++level)
      depths.push_back(3 + level);
    Shape shape = places;
    shape.push_back(levels);
    Value logits = b.map(
        shape, type, {boxes, first, second, b.table({levels}, type, depths)},
        {ofBox(6, 2), ofFirst(6, 2), ofSecond(6, 2), b.mapOf(6, b.d(5))},
        [](Structured &b, ValueRange args) {
          Value z = add(b, add(b, args[0], args[1]), args[2]);
          Value off = sub(b, z, args[3]);
          return mul(b, like(b, z, -0.5), mul(b, off, off));
        });
    return softmax(b, logits, {5});
  }

  /// Two neighbouring pixels of an axis, within the image, and how much each
  /// counts: nothing outside.
  struct Neighbours {
    Value index[2], weight[2];
  };

  Neighbours neighbours(Value position, int64_t stride, Value size) {
    Type index = b.getIndexType();
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value one = arith::ConstantIndexOp::create(b, 1);
    // From the centre of the first pixel. What lies far outside is moved to
    // where its integer is exact and it still counts for nothing.
    Value u = sub(b, div(b, position, like(b, position, stride)),
                  like(b, position, 0.5));
    Value most = arith::SIToFPOp::create(
        b, type, arith::IndexCastOp::create(b, b.getI64Type(), size));
    u = min(b, max(b, u, like(b, u, -2)), most);
    Value floor = math::FloorOp::create(b, u);
    Value fraction = sub(b, u, floor);
    // No number has no integer: any will do, as its weight is none either.
    Value whole = arith::MaxNumFOp::create(b, floor, like(b, floor, -2));
    Value lower = arith::IndexCastOp::create(
        b, index, arith::FPToSIOp::create(b, b.getI64Type(), whole));
    Value end = arith::SubIOp::create(b, size, one);
    Neighbours result;
    Value at = lower;
    Value weight = sub(b, like(b, u, 1), fraction);
    for (int i : {0, 1}) {
      Value clamped =
          arith::MinSIOp::create(b, arith::MaxSIOp::create(b, at, zero), end);
      Value isInside =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, clamped, at);
      // A product, so that no number stays none.
      Value counts =
          arith::SelectOp::create(b, isInside, like(b, u, 1), like(b, u, 0));
      result.index[i] = clamped;
      result.weight[i] = mul(b, weight, counts);
      at = arith::AddIOp::create(b, lower, one);
      weight = fraction;
    }
    return result;
  }

  /// One level at a place; the loops are [B, N, G, P, K, channel of a group].
  Value sampleLevel(Value level, int64_t stride, Value x, Value y) {
    Shape shape = b.getShape(level);
    Neighbours columns = neighbours(x, stride, b.size(shape[last ? 2 : 3]));
    Neighbours rows = neighbours(y, stride, b.size(shape[last ? 1 : 2]));
    Value image = b.index(0);
    Value start = arith::MulIOp::create(
        b, b.index(2), arith::ConstantIndexOp::create(b, width));
    Value channel = arith::AddIOp::create(b, start, b.index(5));
    Value sum;
    for (int row : {0, 1})
      for (int column : {0, 1}) {
        Value i = rows.index[row], j = columns.index[column];
        Value pixel = last ? b.extract(level, {image, i, j, channel})
                           : b.extract(level, {image, channel, i, j});
        Value weight = mul(b, rows.weight[row], columns.weight[column]);
        Value part = mul(b, convert(b, pixel, type), weight);
        sum = sum ? add(b, sum, part) : part;
      }
    return sum;
  }

  Value sample(Value x, Value y, Value weights) {
    SmallVector<Value> levels;
    for (Value level : op.getFeatures())
      levels.push_back(last ? b.transpose(level, {0, 2, 3, 1}) : level);
    AffineMap atPlace = b.mapOf(6, {b.d(0), b.d(1), b.d(2), b.d(3), b.d(4)});
    SmallVector<Value> inputs = {x, y};
    SmallVector<AffineMap> maps = {atPlace, atPlace};
    for (size_t level = 0; level < levels.size(); ++level) {
      inputs.push_back(weights);
      maps.push_back(b.mapOf(6, {b.d(0), b.d(1), b.d(2), b.d(3), b.d(4),
                                 b.getAffineConstantExpr(level)}));
    }
    Shape shape = places;
    shape.push_back(width);
    return b.map(shape, type, inputs, maps,
                 [&](Structured &b, ValueRange args) -> Value {
                   Value sum;
                   for (auto [i, level] : llvm::enumerate(levels)) {
                     Value value = sampleLevel(level, op.getStrides()[i],
                                               args[0], args[1]);
                     Value part = mul(b, args[2 + i], value);
                     sum = sum ? add(b, sum, part) : part;
                   }
                   return sum;
                 });
  }

  LevelSampleOp op;
  Structured &b;
  bool last;
  Shape places;
  /// Channels of a group.
  int64_t width;
  Type type;
  Value boxes, first, second;
};

struct LevelSampleLowering : Lowering<LevelSampleOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(LevelSampleOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{LevelSample(op, b).lower()};
  }
};

} // namespace

void lathe::populateDetectionLowerings(RewritePatternSet &patterns,
                                       LoweringState &state) {
  patterns.add<LevelSampleLowering>(patterns.getContext(), state);
  populateBoxLowerings(patterns, state);
  populateAssignmentLowerings(patterns, state);
}
