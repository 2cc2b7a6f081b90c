//===- Attention.cpp - Attention as linalg --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Pool.h"
#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// All subspaces at once, over [N, subspaces, C / subspaces, H, W] (or with
/// the channels last): their parameters are joined first, which is computation
/// on weights alone.
class SubspaceAttention {
public:
  SubspaceAttention(SubspaceAttentionOp op, Structured &b)
      : op(op), b(b), last(b.isChannelsLast()) {
    shape = b.getShape(op.getInput());
    subspaces = op.getSubspaces();
    width = shape[1].floorDiv(subspaces);
  }

  Value lower() {
    Value x = widen(b, op.getInput());
    type = getElementTypeOrSelf(x);
    if (last) {
      x = b.transpose(x, {0, 2, 3, 1});
      shape = {shape[0], shape[2], shape[3], shape[1]};
    }
    grouped = shape;
    grouped[space()] = subspaces;
    grouped.insert(grouped.begin() + space() + 1, width);
    x = b.reshape(x, grouped);
    Value maps = attentionMaps(x);
    Value y = mapReduced(b, x, maps, {space() + 1},
                         [](Structured &b, ValueRange args) {
                           return add(b, args[0], mul(b, args[1], args[0]));
                         });
    y = convertTensor(b, b.reshape(y, shape),
                      getElementTypeOrSelf(op.getInput()));
    return last ? b.transpose(y, {0, 3, 1, 2}) : y;
  }

private:
  /// The dimension of the subspaces; their channels' follows it.
  int64_t space() const { return last ? 3 : 1; }
  unsigned heightDim() const { return last ? 1 : 3; }

  /// A family of parameters of `size` elements each, as [subspaces, size].
  Value joined(ValueRange family, const DimExpr &size) {
    SmallVector<Value> rows;
    for (Value parameter : family)
      rows.push_back(b.reshape(convertTensor(b, parameter, type), {1, size}));
    return concatenate(b, rows, 0, {subspaces, size});
  }

  /// The shift of a norm after a bias: scale (x + bias) + shift.
  Value foldBias(ScaleShift norm, Value bias) {
    return b.map(b.getShape(norm.scale), type, {norm.scale, bias, norm.shift},
                 [](Structured &b, ValueRange args) {
                   return add(b, mul(b, args[0], args[1]), args[2]);
                 });
  }

  /// [N, subspaces, H, W] or [N, H, W, subspaces] of x [N, subspaces, ...].
  Value attentionMaps(Value x) {
    double eps = op.getEps().convertToDouble();
    ScaleShift norm = foldBatchNorm(b, joined(op.getDwsNormWeight(), width),
                                    joined(op.getDwsNormBias(), width),
                                    joined(op.getDwsNormMean(), width),
                                    joined(op.getDwsNormVar(), width), eps);
    // DW and BN together are one affine map of each channel.
    Value shift = foldBias(norm, joined(op.getDwsBias(), width));
    Value scale = b.map({subspaces, width}, type,
                        {norm.scale, joined(op.getDwsWeight(), width)},
                        [](Structured &b, ValueRange args) {
                          return mul(b, args[0], args[1]);
                        });
    AffineMap byChannel = b.mapOf(5, {b.d(space()), b.d(space() + 1)});
    Value scaled = b.map(grouped, type, {x, scale, shift},
                         {b.getMultiDimIdentityMap(5), byChannel, byChannel},
                         [](Structured &b, ValueRange args) {
                           Value y = add(b, mul(b, args[0], args[1]), args[2]);
                           return max(b, y, like(b, y, 0));
                         });
    PoolWindow window = {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, heightDim()};
    Value pooled = poolWindows(b, scaled, window, PoolKind::max);
    Value point = pointwise(pooled, eps);
    // Height and width, of [N, H, W, subspaces] or [N, subspaces, H, W].
    SmallVector<int64_t> positions = {2, last ? 1 : 3};
    llvm::sort(positions);
    return softmax(b, point, positions);
  }

  /// relu(BN₁(PW x)): the channels of each subspace joined into one.
  Value pointwise(Value x, double eps) {
    Shape sizes = grouped;
    sizes.erase(sizes.begin() + space() + 1);
    // Loops over the result, then over the channels of a subspace.
    unsigned place = 0;
    SmallVector<AffineExpr> read;
    for (int64_t i = 0; i < 5; ++i)
      read.push_back(i == space() + 1 ? b.d(4) : b.d(place++));
    Value sums = b.contract(sizes, 1, x, b.mapOf(5, read),
                            joined(op.getPointWeight(), width),
                            b.mapOf(5, {b.d(space()), b.d(4)}));
    ScaleShift norm = foldBatchNorm(
        b, joined(op.getPointNormWeight(), 1), joined(op.getPointNormBias(), 1),
        joined(op.getPointNormMean(), 1), joined(op.getPointNormVar(), 1), eps);
    Value shift = foldBias(norm, joined(op.getPointBias(), 1));
    AffineMap bySpace = b.mapOf(4, {b.d(space()), b.getAffineConstantExpr(0)});
    return b.map(sizes, type, {sums, norm.scale, shift},
                 {b.getMultiDimIdentityMap(4), bySpace, bySpace},
                 [](Structured &b, ValueRange args) {
                   Value y = add(b, mul(b, args[0], args[1]), args[2]);
                   return max(b, y, like(b, y, 0));
                 });
  }

  SubspaceAttentionOp op;
  Structured &b;
  bool last;
  Shape shape, grouped;
  int64_t subspaces;
  DimExpr width;
  Type type;
};

struct SubspaceAttentionLowering : Lowering<SubspaceAttentionOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SubspaceAttentionOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{SubspaceAttention(op, b).lower()};
  }
};

} // namespace

void lathe::populateAttentionLowerings(RewritePatternSet &patterns,
                                       LoweringState &state) {
  patterns.add<SubspaceAttentionLowering>(patterns.getContext(), state);
}
