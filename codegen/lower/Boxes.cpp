//===- Boxes.cpp - Boxes and their overlaps as linalg ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Boxes.h"
#include "codegen/lower/Tensors.h"
#include "dialect/Detection.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

/// Loops over the dimensions of `shape` but the last, as subscripts.
static SmallVector<AffineExpr> leading(Structured &b, ArrayRef<DimExpr> shape) {
  SmallVector<AffineExpr> subscripts;
  for (unsigned i = 0; i + 1 < shape.size(); ++i)
    subscripts.push_back(b.d(i));
  return subscripts;
}

/// The subscripts with one more.
static AffineMap mapTo(Structured &b, unsigned dims,
                       ArrayRef<AffineExpr> subscripts, AffineExpr last) {
  SmallVector<AffineExpr> all(subscripts);
  all.push_back(last);
  return b.mapOf(dims, all);
}

namespace {

struct BoxDecodeLowering : Lowering<BoxDecodeOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BoxDecodeOp op,
                                      Structured &b) const override {
    Value boxes = widen(b, op.getBoxes());
    Type type = getElementTypeOrSelf(boxes);
    Shape shape = b.getShape(boxes), corners = shape;
    // [..., the corner, x or y].
    corners.back() = 2;
    corners.push_back(2);
    unsigned dims = corners.size();
    AffineExpr side = b.d(dims - 2), axis = b.d(dims - 1);
    SmallVector<AffineExpr> lead = leading(b, shape);
    auto coordinate = [&](AffineExpr i) { return mapTo(b, dims, lead, i); };
    Shape pair = shape;
    pair.back() = 2;
    Value centres = slice(b, boxes, dims - 2, 0, pair);
    Value halves = b.table({2}, type, {-0.5, 0.5});
    Value y = b.map(corners, type, {centres, boxes, boxes, halves, halves},
                    {coordinate(axis), coordinate(b.getAffineConstantExpr(2)),
                     coordinate(b.getAffineConstantExpr(3)),
                     b.mapOf(dims, side), b.mapOf(dims, axis)},
                    [](Structured &b, ValueRange args) -> Value {
                      Value scale = add(b, args[1], mul(b, args[4], args[2]));
                      Value size = math::Exp2Op::create(b, scale);
                      return add(b, args[0], mul(b, args[3], size));
                    });
    return SmallVector<Value>{convertTensor(
        b, b.reshape(y, shape), getElementTypeOrSelf(op.getBoxes()))};
  }
};

struct BoxRefineLowering : Lowering<BoxRefineOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BoxRefineOp op,
                                      Structured &b) const override {
    Value boxes = widen(b, op.getBoxes()), delta = widen(b, op.getDelta());
    Type type = getElementTypeOrSelf(boxes);
    Shape shape = b.getShape(boxes);
    unsigned dims = shape.size();
    AffineExpr last = b.d(dims - 1);
    SmallVector<AffineExpr> lead = leading(b, shape);
    auto coordinate = [&](int64_t i) {
      return mapTo(b, dims, lead, b.getAffineConstantExpr(i));
    };
    // Offsets of z and r count as they are: times 2^0.
    Value ofScale = b.table({4}, type, {1, 1, 0, 0});
    Value ofAspect = b.table({4}, type, {-0.5, 0.5, 0, 0});
    AffineMap same = b.getMultiDimIdentityMap(dims);
    Value y =
        b.map(shape, type, {boxes, delta, boxes, boxes, ofScale, ofAspect},
              {same, same, coordinate(2), coordinate(3), b.mapOf(dims, last),
               b.mapOf(dims, last)},
              [](Structured &b, ValueRange args) -> Value {
                Value scale =
                    add(b, mul(b, args[4], args[2]), mul(b, args[5], args[3]));
                Value size = math::Exp2Op::create(b, scale);
                return add(b, args[0], mul(b, args[1], size));
              });
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getBoxes()))};
  }
};

struct BoxEmbeddingLowering : Lowering<BoxEmbeddingOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BoxEmbeddingOp op,
                                      Structured &b) const override {
    Value boxes = widen(b, op.getBoxes());
    Type type = getElementTypeOrSelf(boxes);
    int64_t frequencies = op.getFeatures() / 8;
    double temperature = op.getTemperature().convertToDouble();
    SmallVector<double> periods;
    for (int64_t coordinate = 0; coordinate < 4; ++coordinate)
      for (int64_t i = 0; i < frequencies; ++i)
        periods.push_back(
            (coordinate < 2 ? op.getExtent().convertToDouble() : 1) *
            std::pow(temperature, static_cast<double>(i) / frequencies));
    // [..., coordinate, frequency, sine or cosine].
    Shape shape = b.getShape(boxes);
    SmallVector<AffineExpr> lead = leading(b, shape);
    Shape waves = shape;
    waves.append({frequencies, 2});
    unsigned dims = waves.size();
    AffineExpr coordinate = b.d(dims - 3), frequency = b.d(dims - 2);
    Value y = b.map(
        waves, type,
        {boxes, b.table({4, frequencies}, type, periods),
         b.table({2}, type, {0, 1})},
        {mapTo(b, dims, lead, coordinate),
         b.mapOf(dims, {coordinate, frequency}), b.mapOf(dims, b.d(dims - 1))},
        [](Structured &b, ValueRange args) -> Value {
          Value angle = div(b, args[0], args[1]);
          Value isSine = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                               args[2], like(b, args[2], 0));
          return arith::SelectOp::create(b, isSine,
                                         math::SinOp::create(b, angle),
                                         math::CosOp::create(b, angle));
        });
    return SmallVector<Value>{
        convertTensor(b, b.reshape(y, b.getResultShape()),
                      getElementTypeOrSelf(op.getBoxes()))};
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Overlaps
//===----------------------------------------------------------------------===//

void PairInputs::addCorners(Structured &b, Value boxes, unsigned dims,
                            ArrayRef<AffineExpr> place) {
  for (int64_t corner = 0; corner < 4; ++corner) {
    inputs.push_back(boxes);
    maps.push_back(mapTo(b, dims, place, b.getAffineConstantExpr(corner)));
  }
}

/// Where the box of the loop `own` stands among boxes [..., N, 4]: the loops
/// before the last two are aligned with them at the end; a size of 1 stretches.
static SmallVector<AffineExpr> placeOf(Structured &b, Value boxes,
                                       unsigned dims, unsigned own) {
  Shape shape = b.getShape(boxes);
  unsigned batch = shape.size() - 2;
  SmallVector<AffineExpr> place;
  for (unsigned i = 0; i < batch; ++i)
    place.push_back(shape[i].isConstant(1) ? b.getAffineConstantExpr(0)
                                           : b.d(dims - 2 - batch + i));
  place.push_back(b.d(own));
  return place;
}

PairInputs::PairInputs(Structured &b, Value boxes, Value others,
                       unsigned dims) {
  addCorners(b, boxes, dims, placeOf(b, boxes, dims, dims - 2));
  addCorners(b, others, dims, placeOf(b, others, dims, dims - 1));
}

PairInputs PairInputs::atOnePlace(Structured &b, Value boxes, Value others) {
  Shape shape = b.getShape(boxes);
  PairInputs pairs;
  for (Value each : {boxes, others})
    pairs.addCorners(b, each, shape.size() - 1, leading(b, shape));
  return pairs;
}

/// Width times height of (left, top, right, bottom), no less than 0 each.
static Value areaWithin(Structured &b, Value left, Value top, Value right,
                        Value bottom) {
  Value zero = like(b, left, 0);
  return mul(b, max(b, sub(b, right, left), zero),
             max(b, sub(b, bottom, top), zero));
}

static Value areaOf(Structured &b, ValueRange box) {
  return mul(b, sub(b, box[2], box[0]), sub(b, box[3], box[1]));
}

Value lathe::measureOverlap(Structured &b, OverlapKind kind, double eps,
                            ValueRange corners) {
  ValueRange p = corners.take_front(4), q = corners.slice(4, 4);
  Value least = like(b, p[0], eps);
  Value both = areaWithin(b, max(b, p[0], q[0]), max(b, p[1], q[1]),
                          min(b, p[2], q[2]), min(b, p[3], q[3]));
  if (kind == OverlapKind::iof)
    return div(b, both, max(b, areaOf(b, p), least));
  Value either =
      max(b, sub(b, add(b, areaOf(b, p), areaOf(b, q)), both), least);
  Value iou = div(b, both, either);
  if (kind == OverlapKind::iou)
    return iou;
  Value hull = areaWithin(b, min(b, p[0], q[0]), min(b, p[1], q[1]),
                          max(b, p[2], q[2]), max(b, p[3], q[3]));
  hull = max(b, hull, least);
  return sub(b, iou, div(b, sub(b, hull, either), hull));
}

namespace {

struct BoxOverlapLowering : Lowering<BoxOverlapOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BoxOverlapOp op,
                                      Structured &b) const override {
    Value boxes = widen(b, op.getBoxes()), others = widen(b, op.getOthers());
    Shape shape = b.getResultShape();
    PairInputs pairs(b, boxes, others, shape.size());
    double eps = op.getEps().convertToDouble();
    Value y = b.map(shape, getElementTypeOrSelf(boxes), pairs.inputs,
                    pairs.maps, [&](Structured &b, ValueRange args) {
                      return measureOverlap(b, op.getKind(), eps, args);
                    });
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getBoxes()))};
  }
};

} // namespace

void lathe::populateBoxLowerings(RewritePatternSet &patterns,
                                 LoweringState &state) {
  patterns.add<BoxDecodeLowering, BoxRefineLowering, BoxEmbeddingLowering,
               BoxOverlapLowering>(patterns.getContext(), state);
}
