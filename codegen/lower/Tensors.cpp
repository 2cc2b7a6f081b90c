//===- Tensors.cpp - Steps on tensors that several lowerings take ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Tensors.h"
#include "codegen/KernelDialect.h"
#include "codegen/Target.h"
#include "codegen/lower/Stored.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::lathe;

Type lathe::getComputeType(Value tensor) {
  Type type = getElementTypeOrSelf(tensor);
  bool narrow = isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32;
  return narrow ? Float32Type::get(type.getContext()) : type;
}

Value lathe::convertTensor(Structured &b, Value tensor, Type elementType) {
  if (getElementTypeOrSelf(tensor) == elementType)
    return tensor;
  return b.map(b.getShape(tensor), elementType, tensor,
               [&](Structured &b, ValueRange args) {
                 return convert(b, args[0], elementType);
               });
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

Value lathe::concatenate(Structured &b, ValueRange inputs, int64_t axis,
                         ArrayRef<DimExpr> shape) {
  Value result = b.empty(shape, getElementTypeOrSelf(inputs.front()));
  SmallVector<OpFoldResult> offsets(shape.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(shape.size(), b.getIndexAttr(1));
  DimExpr offset = 0;
  for (Value input : inputs) {
    Shape sizes = b.getShape(input);
    offsets[axis] = b.foldedSize(offset);
    result = tensor::InsertSliceOp::create(b, input, result, offsets,
                                           b.foldedSizes(sizes), strides);
    offset += sizes[axis];
  }
  return b.record(result, shape);
}

Value lathe::slice(Structured &b, Value input, int64_t axis,
                   const DimExpr &offset, ArrayRef<DimExpr> shape,
                   int64_t step) {
  SmallVector<OpFoldResult> offsets(shape.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(shape.size(), b.getIndexAttr(1));
  offsets[axis] = b.foldedSize(offset);
  strides[axis] = b.getIndexAttr(step);
  Value part = tensor::ExtractSliceOp::create(b, input, offsets,
                                              b.foldedSizes(shape), strides);
  return b.record(part, shape);
}

/// An element of an integer tensor as an index within [0, bound): one outside
/// is clamped and reported when running.
static Value checkedIndex(Structured &b, Value element, bool isUnsigned,
                          Value bound) {
  Type type = b.getIndexType();
  Value place = isUnsigned
                    ? Value(arith::IndexCastUIOp::create(b, type, element))
                    : Value(arith::IndexCastOp::create(b, type, element));
  return kernel::ReportIndexOp::create(b, type, place, bound);
}

/// The slice at a scalar index, without the axis: nothing is copied.
static Value takeSlice(Structured &b, Value input, Value index, int64_t axis) {
  Shape sizes = b.getShape(input), kept = sizes;
  kept.erase(kept.begin() + axis);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> extents = b.foldedSizes(sizes);
  offsets[axis] = checkedIndex(b, b.extract(index, {}), b.isUnsigned(index),
                               b.size(sizes[axis]));
  extents[axis] = b.getIndexAttr(1);
  RankedTensorType type =
      stripEncoding(getTensorType(kept, getElementTypeOrSelf(input)));
  Value part =
      tensor::ExtractSliceOp::create(b, type, input, offsets, extents, strides);
  return b.record(part, kept);
}

Value lathe::takeSlices(Structured &b, Value input, Value indices,
                        int64_t axis) {
  Shape sizes = b.getShape(input), places = b.getShape(indices), shape;
  if (places.empty())
    return takeSlice(b, input, indices, axis);
  shape.append(sizes.begin(), sizes.begin() + axis);
  llvm::append_range(shape, places);
  shape.append(sizes.begin() + axis + 1, sizes.end());
  SmallVector<AffineExpr> read;
  for (unsigned i = 0; i < places.size(); ++i)
    read.push_back(b.d(axis + i));
  Value bound = b.size(sizes[axis]);
  bool isUnsigned = b.isUnsigned(indices);
  auto body = [&](Structured &b, ValueRange args) -> Value {
    SmallVector<Value> at;
    int64_t rank = sizes.size(), added = places.size();
    for (int64_t i = 0; i < rank; ++i)
      at.push_back(i == axis ? checkedIndex(b, args[0], isUnsigned, bound)
                             : b.index(i < axis ? i : i + added - 1));
    return b.extract(input, at);
  };
  return b.map(shape, getElementTypeOrSelf(input), indices,
               b.mapOf(shape.size(), read), body);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

bool lathe::isOfWeights(Value value) {
  SmallVector<Value> values = {value};
  llvm::SmallDenseSet<Value> seen;
  bool readsWeights = false;
  while (!values.empty()) {
    Operation *op = values.pop_back_val().getDefiningOp();
    if (!op || !isPure(op))
      return false;
    readsWeights |= isa<ParameterOp>(op);
    // A gather reads its source inside.
    llvm::SetVector<Value> read(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), read);
    for (Value operand : read)
      if (seen.insert(operand).second)
        values.push_back(operand);
  }
  return readsWeights;
}

Value lathe::getWhole(Value value) {
  while (auto slice = value.getDefiningOp<tensor::ExtractSliceOp>()) {
    if (slice.getType().hasStaticShape())
      break;
    bool begins = llvm::all_of(slice.getMixedOffsets(), isZeroInteger) &&
                  llvm::all_of(slice.getMixedStrides(), isOneInteger) &&
                  slice.getSourceType().getRank() == slice.getType().getRank();
    if (!begins)
      break;
    value = slice.getSource();
  }
  return value;
}

Value lathe::makePanels(Structured &b, Value weight, ArrayRef<int64_t> order,
                        int64_t size) {
  Shape shape = b.getShape(weight);
  int64_t columns = *shape[0].getConstant();
  int64_t panels = llvm::divideCeil(columns, size);
  SmallVector<int64_t> low(shape.size(), 0), high(shape.size(), 0);
  high[0] = panels * size - columns;
  weight = b.pad(weight, low, high, PaddingMode::zeros);
  shape[0] = size;
  shape.insert(shape.begin(), panels);
  weight = b.reshape(weight, shape);
  SmallVector<int64_t> permutation = {0};
  for (int64_t dim : order)
    permutation.push_back(dim + 1);
  permutation.push_back(1);
  return b.transpose(weight, permutation);
}

Columns lathe::layColumns(Structured &b, Value weight, AffineExpr column,
                          ArrayRef<int64_t> order,
                          ArrayRef<AffineExpr> places) {
  SmallVector<AffineExpr> subscripts(places);
  if (!b.isChannelsLast()) {
    SmallVector<AffineExpr> asGiven(order.size() + 1, column);
    for (auto [dim, place] : llvm::zip(order, places))
      asGiven[dim] = place;
    return {weight, asGiven};
  }
  // Small ones stay in cache in any order.
  constexpr int64_t panel = panelColumns, least = 1 << 14;
  Value whole = getWhole(weight);
  Shape shape = b.getShape(whole);
  std::optional<int64_t> columns = shape[0].getConstant();
  DimExpr elements = 1;
  for (const DimExpr &size : shape)
    elements *= size;
  if (!columns || *columns < 2 * panel ||
      elements.getConstant().value_or(0) < least || !isOfWeights(whole)) {
    SmallVector<int64_t> permutation(order);
    permutation.push_back(0);
    subscripts.push_back(column);
    return {b.transpose(weight, permutation), subscripts};
  }
  Value panels = makePanels(b, whole, order, panel);
  subscripts.insert(subscripts.begin(), column.floorDiv(panel));
  subscripts.push_back(column % panel);
  // Of the columns, those in use are counted by the result.
  Shape sizes = b.getShape(panels), used = sizes, given = b.getShape(weight);
  for (auto [i, dim] : llvm::enumerate(order))
    used[i + 1] = given[dim];
  if (used != sizes)
    panels = slice(b, panels, 0, 0, used);
  return {panels, subscripts};
}

Value lathe::project(Structured &b, Value x, Value weight) {
  if (std::optional<StoredWeight> stored = b.getStored(weight))
    return projectStored(b, x, *stored);
  Shape shape = b.getShape(x);
  shape.back() = b.getShape(weight)[0];
  unsigned rank = shape.size();
  SmallVector<AffineExpr> read;
  for (unsigned i = 0; i + 1 < rank; ++i)
    read.push_back(b.d(i));
  read.push_back(b.d(rank));
  weight = convertTensor(b, weight, getElementTypeOrSelf(x));
  AffineExpr column = b.d(rank - 1), place = b.d(rank);
  // A matrix that weights alone are multiplied by is read once when they are
  // prepared: a copy in another order would only take room.
  bool isPreparedRow =
      isOfWeights(x) &&
      llvm::all_of(ArrayRef(shape).drop_back(),
                   [](const DimExpr &size) { return size.getConstant() == 1; });
  auto [columns, subscripts] = isPreparedRow
                                   ? Columns{weight, {column, place}}
                                   : layColumns(b, weight, column, {1}, place);
  return b.contract(shape, 1, x, b.mapOf(rank + 1, read), columns,
                    b.mapOf(rank + 1, subscripts));
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

AffineMap lathe::mapWithout(Structured &b, unsigned rank,
                            ArrayRef<int64_t> axes) {
  SmallVector<AffineExpr> kept;
  for (unsigned i = 0; i < rank; ++i)
    if (!llvm::is_contained(axes, i))
      kept.push_back(b.d(i));
  return b.mapOf(rank, kept);
}

Value lathe::reduceAxes(Structured &b, Value input, ArrayRef<int64_t> axes,
                        double init, Structured::Body body) {
  Shape sizes = b.getShape(input), shape;
  unsigned kept = sizes.size() - axes.size(), reduced = kept;
  SmallVector<AffineExpr> read;
  for (auto [i, size] : llvm::enumerate(sizes)) {
    if (llvm::is_contained(axes, static_cast<int64_t>(i))) {
      read.push_back(b.d(reduced++));
      continue;
    }
    read.push_back(b.d(shape.size()));
    shape.push_back(size);
  }
  return b.reduce(shape, axes.size(), getElementTypeOrSelf(input), init, input,
                  b.mapOf(sizes.size(), read), body);
}

Value lathe::mapReduced(Structured &b, Value input, Value reduced,
                        ArrayRef<int64_t> axes, Structured::Body body) {
  Shape shape = b.getShape(input);
  unsigned rank = shape.size();
  return b.map(shape, getElementTypeOrSelf(input), {input, reduced},
               {b.getMultiDimIdentityMap(rank), mapWithout(b, rank, axes)},
               body);
}

Value lathe::countAlong(Structured &b, Value tensor, ArrayRef<int64_t> axes) {
  Shape shape = b.getShape(tensor);
  DimExpr count = 1;
  for (int64_t axis : axes)
    count *= shape[axis];
  Type type = getElementTypeOrSelf(tensor);
  if (std::optional<int64_t> known = count.getConstant())
    return b.scalar(type, *known);
  Value size = arith::IndexCastOp::create(b, b.getI64Type(), b.size(count));
  return arith::SIToFPOp::create(b, type, size);
}

Value lathe::softmax(Structured &b, Value x, ArrayRef<int64_t> axes) {
  constexpr double lowest = -std::numeric_limits<double>::infinity();
  Value highest =
      reduceAxes(b, x, axes, lowest, [](Structured &b, ValueRange args) {
        return max(b, args[1], args[0]);
      });
  Value powers = mapReduced(
      b, x, highest, axes, [](Structured &b, ValueRange args) -> Value {
        return math::ExpOp::create(b, sub(b, args[0], args[1]));
      });
  Value sums =
      reduceAxes(b, powers, axes, 0, [](Structured &b, ValueRange args) {
        return add(b, args[1], args[0]);
      });
  return mapReduced(b, powers, sums, axes, [](Structured &b, ValueRange args) {
    return div(b, args[0], args[1]);
  });
}

ScaleShift lathe::foldBatchNorm(Structured &b, Value weight, Value bias,
                                Value mean, Value variance, double eps) {
  Shape shape = b.getShape(weight);
  Type type = getElementTypeOrSelf(weight);
  Value scale = b.map(shape, type, {weight, variance},
                      [&](Structured &b, ValueRange args) {
                        Value sum = add(b, args[1], like(b, args[1], eps));
                        return div(b, args[0], math::SqrtOp::create(b, sum));
                      });
  Value shift = b.map(shape, type, {bias, mean, scale},
                      [](Structured &b, ValueRange args) {
                        return sub(b, args[0], mul(b, args[1], args[2]));
                      });
  return {scale, shift};
}
