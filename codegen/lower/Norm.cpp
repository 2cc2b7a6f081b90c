//===- Norm.cpp - Normalisation as linalg ---------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

/// x / sqrt(square), where many elements have the square in common: it is
/// divided once, and not for each of them.
static Value divideByRoot(Structured &b, Value x, Value square) {
  Value root = math::SqrtOp::create(b, square);
  return mul(b, x, div(b, like(b, root, 1), root));
}

/// (x - mean x) / sqrt(var x + eps) along ascending axes, where mean and
/// variance count `zeros` elements more, which are zero.
static Value standardise(Structured &b, Value x, ArrayRef<int64_t> axes,
                         double eps, int64_t zeros = 0) {
  Value count = countAlong(b, x, axes);
  if (zeros)
    count = add(b, count, like(b, count, zeros));
  Value sums = reduceAxes(b, x, axes, 0, [](Structured &b, ValueRange args) {
    return add(b, args[1], args[0]);
  });
  Value deviations =
      mapReduced(b, x, sums, axes, [&](Structured &b, ValueRange args) {
        return sub(b, args[0], div(b, args[1], count));
      });
  Value squares =
      reduceAxes(b, deviations, axes, 0, [](Structured &b, ValueRange args) {
        return add(b, args[1], mul(b, args[0], args[0]));
      });
  // The squared deviation of each zero is that of the mean.
  if (zeros) {
    Type type = getElementTypeOrSelf(squares);
    squares = b.map(b.getShape(squares), type, {squares, sums},
                    [&](Structured &b, ValueRange args) {
                      Value mean = div(b, args[1], count);
                      Value more =
                          mul(b, mul(b, mean, mean), like(b, mean, zeros));
                      return add(b, args[0], more);
                    });
  }
  return mapReduced(b, deviations, squares, axes,
                    [&](Structured &b, ValueRange args) {
                      Value variance = div(b, args[1], count);
                      Value sum = add(b, variance, like(b, variance, eps));
                      return divideByRoot(b, args[0], sum);
                    });
}

/// weight x + bias, where both are read through `map`; x if they are absent.
static Value applyAffine(Structured &b, Value x, Value weight, Value bias,
                         AffineMap map) {
  if (!weight)
    return x;
  Type type = getElementTypeOrSelf(x);
  Shape shape = b.getShape(x);
  return b.map(
      shape, type,
      {x, convertTensor(b, weight, type), convertTensor(b, bias, type)},
      {b.getMultiDimIdentityMap(shape.size()), map, map},
      [](Structured &b, ValueRange args) {
        return add(b, mul(b, args[0], args[1]), args[2]);
      });
}

namespace {

struct BatchNormLowering : Lowering<BatchNormOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BatchNormOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Type type = getElementTypeOrSelf(x);
    ScaleShift affine =
        foldBatchNorm(b, convertTensor(b, op.getWeight(), type),
                      convertTensor(b, op.getBias(), type),
                      convertTensor(b, op.getRunningMean(), type),
                      convertTensor(b, op.getRunningVar(), type),
                      op.getEps().convertToDouble());
    unsigned rank = b.getShape(x).size();
    Value y =
        applyAffine(b, x, affine.scale, affine.shift, b.mapOf(rank, {b.d(1)}));
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

struct LayerNormLowering : Lowering<LayerNormOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(LayerNormOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    unsigned rank = b.getShape(x).size();
    SmallVector<int64_t> axes;
    SmallVector<AffineExpr> inner;
    for (unsigned i = rank - op.getDims(); i < rank; ++i) {
      axes.push_back(i);
      inner.push_back(b.d(i));
    }
    Value y = standardise(b, x, axes, op.getEps().convertToDouble(),
                          op.getZeros().value_or(0));
    y = applyAffine(b, y, op.getWeight(), op.getBias(), b.mapOf(rank, inner));
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

struct RmsNormLowering : Lowering<RmsNormOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(RmsNormOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Type type = getElementTypeOrSelf(x);
    Shape shape = b.getShape(x);
    unsigned rank = shape.size();
    SmallVector<int64_t> axes = {rank - 1};
    Value count = countAlong(b, x, axes);
    double eps = op.getEps().convertToDouble();
    Value squares =
        reduceAxes(b, x, axes, 0, [](Structured &b, ValueRange args) {
          return add(b, args[1], mul(b, args[0], args[0]));
        });
    SmallVector<Value> read = {x, squares};
    SmallVector<AffineMap> maps = {b.getMultiDimIdentityMap(rank),
                                   mapWithout(b, rank, axes)};
    if (op.getWeight()) {
      read.push_back(convertTensor(b, op.getWeight(), type));
      maps.push_back(b.mapOf(rank, {b.d(rank - 1)}));
    }
    Value y = b.map(shape, type, read, maps,
                    [&](Structured &b, ValueRange args) -> Value {
                      Value mean = div(b, args[1], count);
                      Value sum = add(b, mean, like(b, mean, eps));
                      Value scaled = divideByRoot(b, args[0], sum);
                      return args.size() > 2 ? mul(b, scaled, args[2]) : scaled;
                    });
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

/// Over [N, groups, C / groups, ...].
struct GroupNormLowering : Lowering<GroupNormOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(GroupNormOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Shape shape = b.getShape(x);
    int64_t groups = op.getGroups();
    DimExpr width = shape[1].floorDiv(groups);
    Shape grouped = shape;
    grouped[1] = groups;
    grouped.insert(grouped.begin() + 2, width);
    unsigned rank = grouped.size();
    auto axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
    Value y = standardise(b, b.reshape(x, grouped), axes,
                          op.getEps().convertToDouble());
    Value weight = op.getWeight(), bias = op.getBias();
    if (weight) {
      weight = b.reshape(weight, {groups, width});
      bias = b.reshape(bias, {groups, width});
    }
    y = applyAffine(b, y, weight, bias, b.mapOf(rank, {b.d(1), b.d(2)}));
    return SmallVector<Value>{convertTensor(
        b, b.reshape(y, shape), getElementTypeOrSelf(op.getInput()))};
  }
};

} // namespace

void lathe::populateNormLowerings(RewritePatternSet &patterns,
                                  LoweringState &state) {
  patterns.add<BatchNormLowering, LayerNormLowering, RmsNormLowering,
               GroupNormLowering>(patterns.getContext(), state);
}
