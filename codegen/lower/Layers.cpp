//===- Layers.cpp - Linear maps with weights as linalg --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Phases.h"
#include "codegen/lower/Stored.h"
#include "codegen/lower/Tensors.h"
#include "codegen/lower/Winograd.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// Adds a bias along dimension `dim`, if there is one.
Value addBias(Structured &b, Value value, Value bias, unsigned dim) {
  if (!bias)
    return value;
  Shape shape = b.getShape(value);
  unsigned rank = shape.size();
  Type type = getElementTypeOrSelf(value);
  return b.map(
      shape, type, {value, convertTensor(b, bias, type)},
      {b.getMultiDimIdentityMap(rank), b.mapOf(rank, {b.d(dim)})},
      [](Structured &b, ValueRange args) { return add(b, args[0], args[1]); });
}

struct LinearLowering : Lowering<LinearOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(LinearOp op,
                                      Structured &b) const override {
    Value product = project(b, widen(b, op.getInput()), op.getWeight());
    unsigned rank = b.getResultShape().size();
    Value y = addBias(b, product, op.getBias(), rank - 1);
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

struct MatmulLowering : Lowering<MatmulOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(MatmulOp op,
                                      Structured &b) const override {
    Shape shape = b.getResultShape();
    unsigned rank = shape.size();
    Value x = widen(b, op.getInput()), y = widen(b, op.getOther());
    AffineExpr row = b.d(rank - 2), column = b.d(rank - 1), summed = b.d(rank);
    auto read = [&](Value operand, AffineExpr first, AffineExpr second,
                    bool isTransposed) {
      Shape sizes = b.getShape(operand);
      SmallVector<AffineExpr> places;
      for (unsigned i = 0; i + 2 < sizes.size(); ++i)
        places.push_back(sizes[i].isConstant(1) ? b.getAffineConstantExpr(0)
                                                : b.d(rank - sizes.size() + i));
      if (isTransposed)
        std::swap(first, second);
      places.append({first, second});
      return b.mapOf(rank + 1, places);
    };
    Value product =
        b.contract(shape, 1, x, read(x, row, summed, op.getTransposeInput()), y,
                   read(y, summed, column, op.getTransposeOther()));
    return SmallVector<Value>{
        convertTensor(b, product, getElementTypeOrSelf(op.getInput()))};
  }
};

/// A convolution without padding, of an image [N, C, H, W] or, with the
/// channels last, [N, H, W, C].
struct Convolution {
  Value image;
  /// [F, C / groups, p, q].
  Value filters;
  int64_t groups;
  ArrayRef<int64_t> stride, dilation;
};

/// Loops n, f, i, j over the result `shape` [N, F, H, W] and c, p, q over a
/// filter, as written in the definition, f split into g and f: [N, G, C/G, H,
/// W] by [G, F/G, C/G, p, q].
Value convolve(Structured &b, const Convolution &conv,
               ArrayRef<DimExpr> shape) {
  Shape sizes = b.getShape(conv.image), filter = b.getShape(conv.filters);
  int64_t groups = conv.groups;
  ArrayRef<int64_t> stride = conv.stride, dilation = conv.dilation;
  DimExpr perGroup = filter[0].floorDiv(groups);
  Value grouped =
      b.reshape(conv.image, {sizes[0], groups, filter[1], sizes[2], sizes[3]});
  Value weight = b.reshape(conv.filters,
                           {groups, perGroup, filter[1], filter[2], filter[3]});
  AffineExpr n = b.d(0), g = b.d(1), f = b.d(2), i = b.d(3), j = b.d(4);
  AffineExpr c = b.d(5), p = b.d(6), q = b.d(7);
  Value result =
      b.contract({shape[0], groups, perGroup, shape[2], shape[3]}, 3, grouped,
                 b.mapOf(8, {n, g, c, i * stride[0] + p * dilation[0],
                             j * stride[1] + q * dilation[1]}),
                 weight, b.mapOf(8, {g, f, c, p, q}));
  return b.reshape(result, shape);
}

/// The same over a result [N, H, W, F].
Value convolveChannelsLast(Structured &b, const Convolution &conv,
                           ArrayRef<DimExpr> shape) {
  Shape sizes = b.getShape(conv.image), filter = b.getShape(conv.filters);
  int64_t groups = conv.groups;
  ArrayRef<int64_t> stride = conv.stride, dilation = conv.dilation;
  DimExpr perGroup = filter[0].floorDiv(groups);
  AffineExpr n = b.d(0), i = b.d(1), j = b.d(2);
  if (groups == 1) {
    AffineExpr f = b.d(3), p = b.d(4), q = b.d(5), c = b.d(6);
    auto [filters, subscripts] =
        layColumns(b, conv.filters, f, {2, 3, 1}, {p, q, c});
    return b.contract(shape, 3, conv.image,
                      b.mapOf(7, {n, i * stride[0] + p * dilation[0],
                                  j * stride[1] + q * dilation[1], c}),
                      filters, b.mapOf(7, subscripts));
  }
  Value filters = b.transpose(conv.filters, {2, 3, 1, 0});
  if (filter[1].isConstant(1) && perGroup.isConstant(1)) {
    AffineExpr c = b.d(3), p = b.d(4), q = b.d(5);
    Value weight = b.reshape(filters, {filter[2], filter[3], filter[0]});
    return b.contract(shape, 2, conv.image,
                      b.mapOf(6, {n, i * stride[0] + p * dilation[0],
                                  j * stride[1] + q * dilation[1], c}),
                      weight, b.mapOf(6, {p, q, c}));
  }
  AffineExpr g = b.d(3), f = b.d(4), p = b.d(5), q = b.d(6), c = b.d(7);
  Value grouped =
      b.reshape(conv.image, {sizes[0], sizes[1], sizes[2], groups, filter[1]});
  Value weight =
      b.reshape(filters, {filter[2], filter[3], filter[1], groups, perGroup});
  Value product =
      b.contract({shape[0], shape[1], shape[2], groups, perGroup}, 3, grouped,
                 b.mapOf(8, {n, i * stride[0] + p * dilation[0],
                             j * stride[1] + q * dilation[1], g, c}),
                 weight, b.mapOf(8, {p, q, c, g, f}));
  return b.reshape(product, shape);
}

/// A convolution's result [N, H, W, F] with its bias as [N, F, H, W], with
/// elements of the op's own type.
template <typename OpTy>
Value finishChannelsLast(Structured &b, OpTy op, Value result) {
  result = addBias(b, result, op.getBias(), 3);
  result = convertTensor(b, result, getElementTypeOrSelf(op.getInput()));
  return b.transpose(result, {0, 3, 1, 2});
}

/// Convolves, adds the bias and returns the result as [N, F, H, W] with
/// elements of the op's own type.
template <typename OpTy>
Value finishConvolution(Structured &b, OpTy op, Convolution conv,
                        Value filters) {
  Shape shape = b.getResultShape();
  conv.filters = convertTensor(b, filters, getElementTypeOrSelf(conv.image));
  if (!b.isChannelsLast()) {
    Value result = addBias(b, convolve(b, conv, shape), op.getBias(), 1);
    return convertTensor(b, result, getElementTypeOrSelf(op.getInput()));
  }
  return finishChannelsLast(
      b, op,
      convolveChannelsLast(b, conv, {shape[0], shape[2], shape[3], shape[1]}));
}

/// The op's input with elements to compute with, in the layout asked for.
Value getImage(Structured &b, Value input) {
  Value image = widen(b, input);
  return b.isChannelsLast() ? b.transpose(image, {0, 2, 3, 1}) : image;
}

struct Conv2dLowering : Lowering<Conv2dOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(Conv2dOp op,
                                      Structured &b) const override {
    if (Value result = convolveByWinograd(b, op))
      return SmallVector<Value>{finishChannelsLast(b, op, result)};
    SmallVector<int64_t> low(4, 0), high(4, 0);
    for (unsigned i : {0, 1}) {
      unsigned dim = (b.isChannelsLast() ? 1 : 2) + i;
      low[dim] = op.getPadding()[i];
      high[dim] = op.getPadding()[i + 2];
    }
    Value image =
        b.pad(getImage(b, op.getInput()), low, high, op.getPaddingMode());
    Convolution conv = {image,
                        {},
                        static_cast<int64_t>(op.getGroups()),
                        op.getStride(),
                        op.getDilation()};
    return SmallVector<Value>{finishConvolution(b, op, conv, op.getWeight())};
  }
};

/// By phases of the result where it has them. Else a convolution of the input,
/// zeros put between its pixels, by the filters turned half round.
struct ConvTranspose2dLowering : Lowering<ConvTranspose2dOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ConvTranspose2dOp op,
                                      Structured &b) const override {
    Value image = getImage(b, op.getInput());
    if (b.isChannelsLast() && hasPhases(op)) {
      Value filters = convertTensor(b, op.getWeight(), getComputeType(image));
      Value result = transposeByPhases(b, op, image, filters);
      return SmallVector<Value>{finishChannelsLast(b, op, result)};
    }
    image = spread(op, image, b.isChannelsLast() ? 1 : 2, b);
    SmallVector<int64_t, 2> ones = {1, 1};
    Convolution conv = {image,
                        {},
                        static_cast<int64_t>(op.getGroups()),
                        ones,
                        op.getDilation()};
    return SmallVector<Value>{finishConvolution(b, op, conv, filters(op, b))};
  }

private:
  /// [C, F / groups, p, q] as [F, C / groups, p, q], turned half round.
  static Value filters(ConvTranspose2dOp op, Structured &b) {
    Shape sizes = b.getShape(op.getWeight());
    int64_t groups = op.getGroups();
    DimExpr in = sizes[0].floorDiv(groups), out = sizes[1];
    Value weight =
        b.reshape(op.getWeight(), {groups, in, out, sizes[2], sizes[3]});
    AffineExpr lastRow = b.getAffineConstantExpr(*sizes[2].getConstant() - 1);
    AffineExpr lastColumn =
        b.getAffineConstantExpr(*sizes[3].getConstant() - 1);
    AffineMap turned = b.mapOf(
        5, {b.d(0), b.d(2), b.d(1), lastRow - b.d(3), lastColumn - b.d(4)});
    Value result = b.map({groups, out, in, sizes[2], sizes[3]},
                         getElementTypeOrSelf(weight), weight, turned,
                         [](Structured &, ValueRange args) { return args[0]; });
    return b.reshape(result, {out * groups, in, sizes[2], sizes[3]});
  }

  /// The image with zeros between its pixels and around them, so that a window
  /// over it ends where the op's result does.
  static Value spread(ConvTranspose2dOp op, Value image, unsigned height,
                      Structured &b) {
    Shape sizes = b.getShape(image), wide = sizes, kept;
    SmallVector<int64_t> before(4, 0);
    SmallVector<OpFoldResult> offsets(4, b.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(4, b.getIndexAttr(1));
    SmallVector<OpFoldResult> cut(4, b.getIndexAttr(0));
    SmallVector<OpFoldResult> steps(4, b.getIndexAttr(1));
    Shape weight = b.getShape(op.getWeight());
    kept = sizes;
    for (unsigned i : {0, 1}) {
      unsigned dim = height + i;
      int64_t reach = (*weight[2 + i].getConstant() - 1) * op.getDilation()[i];
      // Negative where the padding takes more than a window adds.
      int64_t low = reach - op.getPadding()[i];
      int64_t high = reach - op.getPadding()[i + 2] + op.getOutputPadding()[i];
      DimExpr spread = (sizes[dim] - 1) * op.getStride()[i] + 1;
      wide[dim] =
          spread + std::max<int64_t>(low, 0) + std::max<int64_t>(high, 0);
      kept[dim] = spread + low + high;
      offsets[dim] = b.getIndexAttr(std::max<int64_t>(low, 0));
      strides[dim] = b.getIndexAttr(op.getStride()[i]);
      cut[dim] = b.getIndexAttr(std::max<int64_t>(-low, 0));
    }
    Value zeros = b.fill(wide, getElementTypeOrSelf(image), 0);
    Value placed = tensor::InsertSliceOp::create(b, image, zeros, offsets,
                                                 b.foldedSizes(sizes), strides);
    b.record(placed, wide);
    if (wide == kept)
      return placed;
    Value inside = tensor::ExtractSliceOp::create(b, placed, cut,
                                                  b.foldedSizes(kept), steps);
    return b.record(inside, kept);
  }
};

struct EmbeddingLowering : Lowering<EmbeddingOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(EmbeddingOp op,
                                      Structured &b) const override {
    std::optional<StoredWeight> stored = b.getStored(op.getWeight());
    if (!stored)
      return SmallVector<Value>{
          takeSlices(b, op.getWeight(), op.getIndices(), 0)};
    // The rows that are read are decoded, and no others.
    for (Value *part : {&stored->codes, &stored->scales, &stored->offsets})
      if (*part)
        *part = takeSlices(b, *part, op.getIndices(), 0);
    Shape shape = b.getResultShape();
    return SmallVector<Value>{decode(b, *stored, shape, shape.size() - 1)};
  }
};

struct LearnedLowering : Lowering<LearnedOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(LearnedOp op,
                                      Structured &) const override {
    return SmallVector<Value>{op.getWeight()};
  }
};

} // namespace

void lathe::populateLayersLowerings(RewritePatternSet &patterns,
                                    LoweringState &state) {
  patterns.add<LinearLowering, MatmulLowering, Conv2dLowering,
               ConvTranspose2dLowering, EmbeddingLowering, LearnedLowering>(
      patterns.getContext(), state);
}
