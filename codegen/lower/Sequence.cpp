//===- Sequence.cpp - Attention over sequences as linalg ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sequence.h"
#include "codegen/KernelDialect.h"
#include "codegen/lower/Tensors.h"
#include "dialect/Fused.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

namespace {

Value toIndex(Structured &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

/// s − (t + S − T) at the last two dimensions t and s of the loops, as an
/// index: negative where the token s is before t.
Value relativePosition(Structured &b, unsigned t, Value ahead) {
  Value place = arith::AddIOp::create(b, b.index(t), ahead);
  return arith::SubIOp::create(b, b.index(t + 1), place);
}

/// What `lathe-fuse-attention` has marked. All else is decomposed.
struct AttentionLowering : Lowering<AttentionOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(AttentionOp op,
                                      Structured &b) const override {
    if (!isFused(op))
      return failure();
    Value bias = op.getBias();
    if (bias) {
      Shape own = b.getShape(bias), shape(4 - own.size(), 1);
      shape.append(own);
      bias = b.reshape(bias, shape);
    }
    Value output = b.empty(b.getResultShape(), op.getType().getElementType());
    auto attention = kernel::AttentionOp::create(
        b, output.getType(), op.getQuery(), op.getKey(), op.getValue(), bias,
        output, /*init_partial=*/Value(), op.getHeads(), op.getKvHeads(),
        op.getCausal(), APFloat(getScoreScale(op)));
    return SmallVector<Value>(attention.getResult());
  }
};

struct RotaryAnglesLowering : Lowering<RotaryAnglesOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(RotaryAnglesOp op,
                                      Structured &b) const override {
    int64_t dims = op.getDims();
    double theta = op.getTheta().convertToDouble();
    SmallVector<double> frequencies;
    for (int64_t i = 0; i < dims; i += 2)
      frequencies.push_back(std::pow(theta, -double(i) / dims));
    Type wide = b.getF64Type();
    Value table = b.table({dims / 2}, wide, frequencies);
    Value past = op.getPast().empty() ? toIndex(b, 0)
                                      : b.size(DimExpr::symbol(op.getPast()));
    Type type = op.getType().getElementType();
    Shape shape = b.getResultShape();
    Shape part(shape.begin() + 1, shape.end());
    auto compute = [&](bool isCosine) {
      return b.map(part, type, {table}, {b.mapOf(3, {b.d(2)})},
                   [&](Structured &b, ValueRange args) -> Value {
                     Value place = arith::AddIOp::create(b, b.index(0), past);
                     place =
                         arith::IndexCastOp::create(b, b.getI64Type(), place);
                     place = arith::SIToFPOp::create(b, wide, place);
                     Value angle = mul(b, place, args[0]);
                     Value turn = isCosine
                                      ? Value(math::CosOp::create(b, angle))
                                      : Value(math::SinOp::create(b, angle));
                     return convert(b, turn, type);
                   });
    };
    Shape one = shape;
    one[0] = 1;
    Value parts[] = {b.reshape(compute(true), one),
                     b.reshape(compute(false), one)};
    return SmallVector<Value>{concatenate(b, parts, 0, shape)};
  }
};

struct RotaryTurnLowering : Lowering<RotaryTurnOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(RotaryTurnOp op,
                                      Structured &b) const override {
    int64_t width = op.getHeadDim(), dims = op.getDims();
    bool isInterleaved = op.getStyle() == RotaryStyle::interleaved;
    // From a feature to the other one of its pair.
    int64_t step = isInterleaved ? 1 : dims / 2;
    Value x = op.getInput(), angles = op.getAngles();
    auto turn = [&](Structured &b, ValueRange args) -> Value {
      auto isBelow = [&](Value a, int64_t c) -> Value {
        return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, a,
                                     toIndex(b, c));
      };
      auto select = [&](Value condition, Value a, Value c) -> Value {
        return arith::SelectOp::create(b, condition, a, c);
      };
      Value feature = b.index(2);
      Value inHead =
          arith::RemUIOp::create(b, feature, toIndex(b, width)).getResult();
      Value inPair =
          isInterleaved
              ? arith::RemUIOp::create(b, inHead, toIndex(b, 2)).getResult()
              : inHead;
      Value isFirst = isBelow(inPair, step), turns = isBelow(inHead, dims);
      Value before = arith::SubIOp::create(b, feature, toIndex(b, step)),
            behind = arith::AddIOp::create(b, feature, toIndex(b, step));
      Value partner = select(isFirst, behind, before);
      Value pair =
          isInterleaved
              ? arith::DivUIOp::create(b, inHead, toIndex(b, 2)).getResult()
              : arith::RemUIOp::create(b, inHead, toIndex(b, step)).getResult();
      // Features that pass read numbers that are there.
      if (dims < width) {
        partner = select(turns, partner, feature);
        pair = arith::MinUIOp::create(b, pair, toIndex(b, dims / 2 - 1));
      }
      auto angle = [&](int64_t which) {
        return b.extract(angles,
                         {toIndex(b, which), b.index(1), toIndex(b, 0), pair});
      };
      Value other = b.extract(x, {b.index(0), b.index(1), partner});
      Value along = mul(b, args[0], angle(0)), across = mul(b, other, angle(1));
      Value turned =
          select(isFirst, sub(b, along, across), add(b, along, across));
      return dims < width ? select(turns, turned, args[0]) : turned;
    };
    return SmallVector<Value>{
        b.map(b.getResultShape(), op.getType().getElementType(), {x}, turn)};
  }
};

struct CausalMaskLowering : Lowering<CausalMaskOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(CausalMaskOp op,
                                      Structured &b) const override {
    Shape shape = b.getResultShape();
    unsigned t = shape.size() - 2;
    Value ahead = b.size(shape[t + 1] - shape[t]);
    Value zero = toIndex(b, 0);
    Type type = op.getType().getElementType();
    return SmallVector<Value>{
        b.map(shape, type, {op.getInput()},
              [&](Structured &b, ValueRange args) -> Value {
                Value isSeen =
                    arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                                          relativePosition(b, t, ahead), zero);
                Value least = b.scalar(type, -INFINITY);
                return arith::SelectOp::create(b, isSeen, args[0], least);
              })};
  }
};

/// The bucket of each distance below `most`, for one direction.
SmallVector<double> bucketTable(int64_t buckets, int64_t most) {
  int64_t exact = buckets / 2;
  SmallVector<double> table;
  for (int64_t distance = 0; distance <= most; ++distance) {
    if (distance < exact) {
      table.push_back(distance);
      continue;
    }
    // In single precision, as the released code has it.
    float ratio = std::log(float(distance) / float(exact)) /
                  float(std::log(double(most) / double(exact)));
    auto far = exact + int64_t(ratio * float(buckets - exact));
    table.push_back(std::min(far, buckets - 1));
  }
  return table;
}

struct RelativePositionBiasLowering : Lowering<RelativePositionBiasOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(RelativePositionBiasOp op,
                                      Structured &b) const override {
    Shape shape = b.getResultShape();
    bool isBoth = op.getBidirectional();
    int64_t buckets = *getDim(op.getWeight(), 0).getConstant();
    int64_t side = isBoth ? buckets / 2 : buckets;
    int64_t most = op.getMaxDistance();
    Value table = b.table({most + 1}, b.getI64Type(), bucketTable(side, most));
    Value ahead = b.size(shape[3] - shape[2]);
    Value zero = toIndex(b, 0), last = toIndex(b, most),
          after = toIndex(b, isBoth ? side : 0);
    Value weight = op.getWeight();
    Type type = getElementTypeOrSelf(weight);
    return SmallVector<Value>{
        b.map(shape, type, {}, [&](Structured &b, ValueRange) -> Value {
          Value relative = relativePosition(b, 2, ahead);
          Value back = arith::SubIOp::create(b, zero, relative);
          // Tokens after count by their distance too, or as distance 0.
          Value distance =
              arith::MaxSIOp::create(b, back, isBoth ? relative : zero);
          distance = arith::MinSIOp::create(b, distance, last);
          Value bucket = arith::IndexCastOp::create(
              b, b.getIndexType(), b.extract(table, {distance}));
          Value isAfter = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt,
                                                relative, zero);
          Value offset = arith::SelectOp::create(b, isAfter, after, zero);
          bucket = arith::AddIOp::create(b, bucket, offset);
          return b.extract(weight, {bucket, b.index(1)});
        })};
  }
};

} // namespace

void lathe::populateSequenceLowerings(RewritePatternSet &patterns,
                                      LoweringState &state) {
  patterns.add<AttentionLowering, RotaryAnglesLowering, RotaryTurnLowering,
               CausalMaskLowering, RelativePositionBiasLowering>(
      patterns.getContext(), state);
}
