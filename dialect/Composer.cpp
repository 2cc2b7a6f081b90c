//===- Composer.cpp - Writes ops of the dialect ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Composer.h"
#include "dialect/Elementwise.h"
#include "dialect/Slim.h"

using namespace mlir;
using namespace mlir::lathe;

template <typename AttrTy, typename KindTy>
static AttrTy kindAttr(Composer &c, KindTy kind) {
  return AttrTy::get(c.getContext(), kind);
}

/// Sizes as the ops that take shapes have them: numbers and expressions.
static ArrayAttr shapeAttr(Composer &c, ArrayRef<DimExpr> shape) {
  return c.getArrayAttr(
      llvm::map_to_vector(shape, [&](const DimExpr &dim) -> Attribute {
        if (std::optional<int64_t> size = dim.getConstant())
          return c.getI64IntegerAttr(*size);
        return c.getStringAttr(dim.str());
      }));
}

Value Composer::binary(BinaryKind kind, Value x, Value y) {
  return BinaryOp::create(*this, x, y, kindAttr<BinaryKindAttr>(*this, kind),
                          FloatAttr());
}

Value Composer::binary(BinaryKind kind, Value x, double constant) {
  return BinaryOp::create(*this, x, Value(),
                          kindAttr<BinaryKindAttr>(*this, kind),
                          getF64FloatAttr(constant));
}

Value Composer::unary(UnaryKind kind, Value x) {
  return UnaryOp::create(*this, x, kindAttr<UnaryKindAttr>(*this, kind));
}

Value Composer::compare(CompareKind kind, Value x, Value y) {
  return CompareOp::create(*this, x, y, kindAttr<CompareKindAttr>(*this, kind),
                           FloatAttr());
}

Value Composer::compare(CompareKind kind, Value x, double constant) {
  return CompareOp::create(*this, x, Value(),
                           kindAttr<CompareKindAttr>(*this, kind),
                           getF64FloatAttr(constant));
}

Value Composer::activate(ActivationKind kind, Value x) {
  return ActivationOp::create(
      *this, x, kindAttr<ActivationKindAttr>(*this, kind), FloatAttr());
}

Value Composer::cast(Value x, ElementKind to) {
  return CastOp::create(*this, x, kindAttr<ElementKindAttr>(*this, to));
}

Value Composer::convert(Value x, Type elementType) {
  ElementKind kind = ElementKind::f32;
  while (getElementType(getContext(), kind) != elementType)
    kind = static_cast<ElementKind>(static_cast<uint32_t>(kind) + 1);
  return cast(x, kind);
}

Value Composer::linear(Value x, Value weight, Value bias) {
  return LinearOp::create(*this, x, weight, bias);
}

Value Composer::matmul(Value x, Value y, bool transposeX, bool transposeY) {
  return MatmulOp::create(*this, x, y, getBoolAttr(transposeX),
                          getBoolAttr(transposeY));
}

Value Composer::conv2d(Value x, Value weight, Value bias, int64_t stride,
                       ArrayRef<int64_t> padding, PaddingMode mode,
                       int64_t groups) {
  return Conv2dOp::create(
      *this, x, weight, bias, getDenseI64ArrayAttr({stride, stride}),
      getDenseI64ArrayAttr({1, 1}), getDenseI64ArrayAttr(padding),
      kindAttr<PaddingModeAttr>(*this, mode), getI64IntegerAttr(groups));
}

Value Composer::convTranspose2d(Value x, Value weight, int64_t stride,
                                ArrayRef<int64_t> padding) {
  return ConvTranspose2dOp::create(
      *this, x, weight, /*bias=*/Value(),
      getDenseI64ArrayAttr({stride, stride}), getDenseI64ArrayAttr({1, 1}),
      getDenseI64ArrayAttr(padding), getDenseI64ArrayAttr({0, 0}),
      getI64IntegerAttr(1));
}

Value Composer::softmax(Value x, int64_t axis) {
  return SoftmaxOp::create(*this, x, getI64IntegerAttr(axis));
}

Value Composer::layerNorm(Value x, Value weight, Value bias, int64_t dims,
                          double eps) {
  return LayerNormOp::create(*this, x, weight, bias, getI64IntegerAttr(dims),
                             getF64FloatAttr(eps), /*zeros=*/IntegerAttr());
}

Value Composer::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes,
                       bool keepDims) {
  return ReduceOp::create(*this, x, kindAttr<ReduceKindAttr>(*this, kind),
                          getDenseI64ArrayAttr(axes), getBoolAttr(keepDims));
}

Value Composer::reshape(Value x, ArrayRef<DimExpr> shape) {
  return ReshapeOp::create(*this, x, shapeAttr(*this, shape));
}

Value Composer::leading(Value x, ArrayRef<DimExpr> shape) {
  if (ArrayRef<DimExpr>(getShape(x)) == shape)
    return x;
  return LeadingOp::create(*this, x, shapeAttr(*this, shape));
}

Value Composer::padEnd(Value x, int64_t size) {
  int64_t missing = size - *getDim(x, 0).getConstant();
  if (missing == 0)
    return x;
  return PadOp::create(
      *this, x, getDenseI64ArrayAttr({0}), getDenseI64ArrayAttr({missing}),
      kindAttr<PaddingModeAttr>(*this, PaddingMode::zeros), getF64FloatAttr(0));
}

Value Composer::transpose(Value x, ArrayRef<int64_t> permutation) {
  return TransposeOp::create(*this, x, getDenseI64ArrayAttr(permutation));
}

Value Composer::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  return UnsqueezeOp::create(*this, x, getDenseI64ArrayAttr(axes));
}

Value Composer::squeeze(Value x, ArrayRef<int64_t> axes) {
  return SqueezeOp::create(*this, x, getDenseI64ArrayAttr(axes));
}

Value Composer::broadcastTo(Value x, ArrayRef<DimExpr> shape) {
  return BroadcastToOp::create(*this, x, shapeAttr(*this, shape));
}

Value Composer::concat(ValueRange inputs, int64_t axis) {
  return ConcatOp::create(*this, inputs, getI64IntegerAttr(axis));
}

Value Composer::slice(Value x, int64_t axis, int64_t start, int64_t end) {
  return SliceOp::create(*this, x, getI64IntegerAttr(axis),
                         getI64IntegerAttr(start), getI64IntegerAttr(end),
                         getI64IntegerAttr(1));
}

SmallVector<Value> Composer::split(Value x, ArrayRef<int64_t> sizes,
                                   int64_t axis) {
  SmallVector<Value> parts;
  int64_t start = 0;
  for (int64_t size : sizes) {
    parts.push_back(slice(x, axis, start, start + size));
    start += size;
  }
  return parts;
}

Value Composer::keep(Value x, int64_t axis, ArrayRef<int64_t> places) {
  if (getDim(x, axis).isConstant(places.size()))
    return x;
  return KeepOp::create(*this, x, getI64IntegerAttr(axis),
                        getDenseI64ArrayAttr(places));
}

Value Composer::spread(Value x, int64_t axis, ArrayRef<int64_t> places,
                       int64_t size, Value fill) {
  if (size == int64_t(places.size()))
    return x;
  return SpreadOp::create(*this, x, fill, getI64IntegerAttr(axis),
                          getDenseI64ArrayAttr(places),
                          getI64IntegerAttr(size));
}
