//===- Tensors.h - Steps on tensors that several lowerings take -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWER_TENSORS_H
#define LATHE_CODEGEN_LOWER_TENSORS_H

#include "codegen/lower/Scalars.h"

namespace mlir::lathe {

/// The type in which a lowering computes: f32 for narrower floats.
Type getComputeType(Value tensor);
/// The tensor with elements of another type.
Value convertTensor(Structured &b, Value tensor, Type elementType);
/// The tensor, or a parameter with it, with elements of the compute type.
inline Value widen(Structured &b, Value tensor) {
  return convertTensor(b, tensor, getComputeType(tensor));
}

/// The tensors joined along an axis, into `shape`.
Value concatenate(Structured &b, ValueRange inputs, int64_t axis,
                  ArrayRef<DimExpr> shape);
/// The part of `shape` that begins at `offset` along an axis.
Value slice(Structured &b, Value input, int64_t axis, const DimExpr &offset,
            ArrayRef<DimExpr> shape, int64_t step = 1);

/// The slices of `input` at the indices, whose dimensions take the axis's
/// place. Indices outside are clamped and reported when running.
Value takeSlices(Structured &b, Value input, Value indices, int64_t axis);

/// Whether a value is computed from weights and constants alone, when
/// compiling.
bool isOfWeights(Value value);

/// Of the weight of a slimmable layer, a width takes the first columns and the
/// first places: the whole one that a value of dynamic sizes is the beginning
/// of along each dimension, or the value itself.
Value getWhole(Value weight);

/// [columns, places…] as panels, [columns / size, ordered places…, size], of
/// which zeros fill the last one.
Value makePanels(Structured &b, Value weight, ArrayRef<int64_t> order,
                 int64_t size);

/// A weight [columns, places…] as the default path reads it, and how it reads
/// the element of a column and of `places`, which loops walk in the `order` of
/// its dimensions. Columns are neighbours, being contiguous in vectors; of a
/// large weight, panels of 32 columns follow each other, [columns / 32,
/// places…, 32], so that a tile reads memory in its order; zeros fill the last
/// one. Done once, when compiling.
using Columns = std::pair<Value, SmallVector<AffineExpr>>;
Columns layColumns(Structured &b, Value weight, AffineExpr column,
                   ArrayRef<int64_t> order, ArrayRef<AffineExpr> places);

/// x Wᵀ over the last dimension, in x's element type. A weight in few bits is
/// read as it is stored.
Value project(Structured &b, Value x, Value weight);

/// From a tensor's dimensions to those that are none of the axes.
AffineMap mapWithout(Structured &b, unsigned rank, ArrayRef<int64_t> axes);
/// The fold of a body, over an element and the accumulator, along ascending
/// axes, which disappear.
Value reduceAxes(Structured &b, Value input, ArrayRef<int64_t> axes,
                 double init, Structured::Body body);
/// body(input element, reduced element) for a tensor that `reduceAxes` made
/// of one of the input's shape.
Value mapReduced(Structured &b, Value input, Value reduced,
                 ArrayRef<int64_t> axes, Structured::Body body);
/// How many elements of the tensor an element of its reduction stands for, as
/// a scalar of its type.
Value countAlong(Structured &b, Value tensor, ArrayRef<int64_t> axes);

/// exp(x - max x) / sum of exp(x - max x) along ascending axes.
Value softmax(Structured &b, Value x, ArrayRef<int64_t> axes);

/// A batch norm as an affine map of channels, y = scale x + shift: weights
/// only.
struct ScaleShift {
  Value scale;
  Value shift;
};
ScaleShift foldBatchNorm(Structured &b, Value weight, Value bias, Value mean,
                         Value variance, double eps);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWER_TENSORS_H
