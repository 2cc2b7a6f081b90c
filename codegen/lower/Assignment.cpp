//===- Assignment.cpp - Costs and targets of queries as linalg ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Boxes.h"
#include "codegen/lower/Tensors.h"
#include "dialect/Detection.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

struct MatchingCostLowering : Lowering<MatchingCostOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(MatchingCostOp op,
                                      Structured &b) const override {
    Value boxes = widen(b, op.getBoxes()), truths = widen(b, op.getTruths());
    Type type = getElementTypeOrSelf(boxes);
    Shape shape = b.getResultShape();
    Value ofClass = focalCost(op, b);
    Value ofLabel = takeSlices(b, ofClass, op.getLabels(), shape.size() - 1);
    PairInputs pairs(b, boxes, truths, shape.size());
    pairs.inputs.push_back(ofLabel);
    pairs.maps.push_back(b.getMultiDimIdentityMap(shape.size()));
    auto body = [&](Structured &b, ValueRange args) {
      Value giou = measureOverlap(b, OverlapKind::giou, 1e-6, args);
      Value distance;
      for (int i = 0; i < 4; ++i) {
        Value size = like(b, giou, op.getImage()[i % 2]);
        Value part = math::AbsFOp::create(
            b, sub(b, div(b, args[i], size), div(b, args[4 + i], size)));
        distance = distance ? add(b, distance, part) : part;
      }
      auto weighted = [&](const APFloat &weight, Value cost) {
        return mul(b, like(b, cost, weight.convertToDouble()), cost);
      };
      Value cost = add(b, weighted(op.getClassWeight(), args[8]),
                       weighted(op.getBoxWeight(), distance));
      return sub(b, cost, weighted(op.getOverlapWeight(), giou));
    };
    Value cost = b.map(shape, type, pairs.inputs, pairs.maps, body);
    return SmallVector<Value>{
        convertTensor(b, cost, getElementTypeOrSelf(op.getBoxes()))};
  }

private:
  /// What each class of each query costs.
  static Value focalCost(MatchingCostOp op, Structured &b) {
    Value logits = widen(b, op.getLogits());
    double alpha = op.getAlpha().convertToDouble();
    double gamma = op.getGamma().convertToDouble();
    return b.map(
        b.getShape(logits), getElementTypeOrSelf(logits), logits,
        [&](Structured &b, ValueRange args) -> Value {
          Value p = activate(b, ActivationKind::sigmoid, 0, args[0]);
          Value rest = sub(b, like(b, p, 1), p);
          auto logarithm = [&](Value x) -> Value {
            return math::LogOp::create(b, add(b, x, like(b, x, 1e-12)));
          };
          Value positive = mul(b, mul(b, logarithm(p), like(b, p, -alpha)),
                               power(b, rest, gamma));
          Value negative =
              mul(b, mul(b, logarithm(rest), like(b, p, alpha - 1)),
                  power(b, p, gamma));
          return sub(b, positive, negative);
        });
  }
};

/// The lowering of one op.
class CrossStageAssignment {
public:
  CrossStageAssignment(CrossStageAssignmentOp op, Structured &b)
      : op(op), b(b) {}

  SmallVector<Value> lower() {
    boxes = widen(b, op.getBoxes());
    type = getElementTypeOrSelf(boxes);
    matched = convertTensor(b, op.getMatched(), b.getI64Type());
    Value targets = makeTargets(assignedPairs());
    Value norms = makeNorms(targets);
    Type stored = getElementTypeOrSelf(op.getBoxes());
    return {convertTensor(b, targets, stored), convertTensor(b, norms, stored)};
  }

private:
  /// 1 where the condition holds.
  Value oneIf(Value condition) {
    return arith::SelectOp::create(b, condition, b.scalar(type, 1),
                                   b.scalar(type, 0));
  }
  Value isEqual(Value x, Value y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, y);
  }

  /// 1 for each query and ground truth [stages, N, M] that were matched at the
  /// stage before or at any from the stage on and that overlap at the stage.
  Value assignedPairs() {
    Shape sizes = b.getShape(matched);
    DimExpr truths = b.getShape(op.getTruths())[0];
    Shape shape = {sizes[0], sizes[1], truths};
    // Loops over stage, query and ground truth, then over the matches' stages.
    Value reachable = b.reduce(
        shape, 1, type, 0, matched, b.mapOf(4, {b.d(3), b.d(1)}),
        [&](Structured &b, ValueRange args) {
          Value one = arith::ConstantIndexOp::create(b, 1);
          Value number = arith::IndexCastOp::create(
              b, b.getI64Type(), arith::AddIOp::create(b, b.index(2), one));
          Value isInWindow = arith::CmpIOp::create(
              b, arith::CmpIPredicate::sge,
              arith::AddIOp::create(b, b.index(3), one), b.index(0));
          Value counts =
              arith::AndIOp::create(b, isEqual(args[0], number), isInWindow);
          return max(b, args[1], oneIf(counts));
        });
    PairInputs pairs(b, boxes, convertTensor(b, op.getTruths(), type), 3);
    pairs.inputs.push_back(reachable);
    pairs.maps.push_back(b.getMultiDimIdentityMap(3));
    double threshold = op.getThreshold().convertToDouble();
    return b.map(
        shape, type, pairs.inputs, pairs.maps,
        [&](Structured &b, ValueRange args) -> Value {
          Value iou = measureOverlap(b, OverlapKind::iou, 1e-6, args);
          Value overlaps = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE,
                                                 iou, like(b, iou, threshold));
          return arith::SelectOp::create(b, overlaps, args[8], like(b, iou, 0));
        });
  }

  /// [stages, N, classes].
  Value makeTargets(Value pairs) {
    Value labels = convertTensor(b, op.getLabels(), b.getI64Type());
    return b.reduce(
        b.getResultShape(0), 1, type, 0, {pairs, labels},
        {b.mapOf(4, {b.d(0), b.d(1), b.d(3)}), b.mapOf(4, b.d(3))},
        [&](Structured &b, ValueRange args) {
          Value own = arith::IndexCastOp::create(b, b.getI64Type(), b.index(2));
          Value counts = mul(b, args[0], oneIf(isEqual(args[1], own)));
          return max(b, args[2], counts);
        });
  }

  /// [stages].
  Value makeNorms(Value targets) {
    Value ones =
        reduceAxes(b, targets, {1, 2}, 0, [](Structured &b, ValueRange args) {
          return add(b, args[1], args[0]);
        });
    Value queries = b.reduce(
        b.getResultShape(1), 1, type, 0, matched, b.getMultiDimIdentityMap(2),
        [&](Structured &b, ValueRange args) {
          Value isMatched = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt,
                                                  args[0], like(b, args[0], 0));
          return add(b, args[1], oneIf(isMatched));
        });
    return b.map(b.getResultShape(1), type, {ones, queries},
                 [](Structured &b, ValueRange args) {
                   return max(b, args[0], args[1]);
                 });
  }

  CrossStageAssignmentOp op;
  Structured &b;
  Type type;
  Value boxes, matched;
};

struct CrossStageAssignmentLowering : Lowering<CrossStageAssignmentOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(CrossStageAssignmentOp op,
                                      Structured &b) const override {
    return CrossStageAssignment(op, b).lower();
  }
};

} // namespace

void lathe::populateAssignmentLowerings(RewritePatternSet &patterns,
                                        LoweringState &state) {
  patterns.add<MatchingCostLowering, CrossStageAssignmentLowering>(
      patterns.getContext(), state);
}
