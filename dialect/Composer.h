//===- Composer.h - Writes ops of the dialect -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_COMPOSER_H
#define LATHE_DIALECT_COMPOSER_H

#include "dialect/LatheDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe {

/// Writes ops of the dialect; result types are inferred. Shapes agree by the
/// rules of NumPy wherever the ops' do.
class Composer : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value add(Value x, Value y) { return binary(BinaryKind::add, x, y); }
  Value sub(Value x, Value y) { return binary(BinaryKind::sub, x, y); }
  Value mul(Value x, Value y) { return binary(BinaryKind::mul, x, y); }
  Value div(Value x, Value y) { return binary(BinaryKind::div, x, y); }
  Value binary(BinaryKind kind, Value x, Value y);
  Value binary(BinaryKind kind, Value x, double constant);
  Value add(Value x, double y) { return binary(BinaryKind::add, x, y); }
  Value mul(Value x, double y) { return binary(BinaryKind::mul, x, y); }
  Value unary(UnaryKind kind, Value x);
  Value compare(CompareKind kind, Value x, Value y);
  Value compare(CompareKind kind, Value x, double constant);
  Value activate(ActivationKind kind, Value x);
  Value cast(Value x, ElementKind to);
  /// The same for an element type that `cast` knows.
  Value convert(Value x, Type elementType);

  /// x Wᵀ + b over the last dimension; the bias may be null.
  Value linear(Value x, Value weight, Value bias = {});
  Value matmul(Value x, Value y, bool transposeX = false,
               bool transposeY = false);
  /// The bias may be null. `padding` is [top, left, bottom, right].
  Value conv2d(Value x, Value weight, Value bias, int64_t stride,
               ArrayRef<int64_t> padding, PaddingMode mode = PaddingMode::zeros,
               int64_t groups = 1);
  /// Without bias; the weight is [channels in, channels out, height, width].
  Value convTranspose2d(Value x, Value weight, int64_t stride,
                        ArrayRef<int64_t> padding);
  Value softmax(Value x, int64_t axis = -1);
  /// Over the last `dims` dimensions; without weight and bias where null.
  Value layerNorm(Value x, Value weight, Value bias, int64_t dims, double eps);
  Value reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes,
               bool keepDims = false);

  Value reshape(Value x, ArrayRef<DimExpr> shape);
  Value transpose(Value x, ArrayRef<int64_t> permutation);
  Value unsqueeze(Value x, ArrayRef<int64_t> axes);
  Value squeeze(Value x, ArrayRef<int64_t> axes);
  Value broadcastTo(Value x, ArrayRef<DimExpr> shape);
  Value concat(ValueRange inputs, int64_t axis);
  /// The places [start, end) of an axis.
  Value slice(Value x, int64_t axis, int64_t start, int64_t end);
  /// The first places of each dimension: a part that may be chosen at run time.
  Value leading(Value x, ArrayRef<DimExpr> shape);
  /// A vector with zeros behind it, `size` elements in all.
  Value padEnd(Value x, int64_t size);
  /// Parts of the given sizes along an axis.
  SmallVector<Value> split(Value x, ArrayRef<int64_t> sizes, int64_t axis);
  /// Some places of an axis; `x` itself where these are all.
  Value keep(Value x, int64_t axis, ArrayRef<int64_t> places);
  /// The places of an axis put back among `size`, which else hold `fill`, or
  /// zeros where that is null; `x` itself where its places are all.
  Value spread(Value x, int64_t axis, ArrayRef<int64_t> places, int64_t size,
               Value fill = {});
};

} // namespace mlir::lathe

#endif // LATHE_DIALECT_COMPOSER_H
