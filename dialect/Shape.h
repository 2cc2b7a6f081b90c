//===- Shape.h - Tensor types as lists of sizes
//------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_SHAPE_H
#define LATHE_DIALECT_SHAPE_H

#include "dialect/DimExpr.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Location.h"

namespace mlir::lathe {

using Shape = SmallVector<DimExpr, 4>;

/// The sizes of a ranked tensor: constants, the names in its encoding, or
/// unknown for a `?` without a name.
Shape getShape(Type type);
inline Shape getShape(Value value) { return getShape(value.getType()); }

/// One size of a tensor; negative indices count from the end.
DimExpr getDim(Value value, int64_t index);

/// The tensor type of the given sizes, with an encoding where any is dynamic.
RankedTensorType getTensorType(ArrayRef<DimExpr> shape, Type elementType);

/// The type without its encoding.
RankedTensorType stripEncoding(RankedTensorType type);

/// The product of the sizes.
DimExpr getElementCount(ArrayRef<DimExpr> shape);

/// "[batch, 16, 8, 8]".
std::string formatShape(ArrayRef<DimExpr> shape);
inline std::string formatShape(Type type) {
  return formatShape(getShape(type));
}
inline std::string formatShape(Value value) {
  return formatShape(value.getType());
}

/// Whether both have one rank and compatible sizes.
bool areCompatible(ArrayRef<DimExpr> a, ArrayRef<DimExpr> b);

/// The shape of an elementwise op on both, by the rules of NumPy: sizes are
/// aligned at the end, and a size of 1 stretches. Nothing if they disagree.
std::optional<Shape> broadcastShapes(ArrayRef<DimExpr> a, ArrayRef<DimExpr> b);

/// Appends the tensor type of an op's result after checking that every size is
/// positive and that the whole stays below 2^48 elements; reports at
/// `location` otherwise.
LogicalResult inferTensor(std::optional<Location> location, StringRef op,
                          ArrayRef<DimExpr> shape, Type elementType,
                          SmallVectorImpl<Type> &results);

/// Appends a note saying which step made `value` of what shape.
void noteOrigin(InFlightDiagnostic &diagnostic, Value value);

/// Bytes of one element.
int64_t getElementBytes(Type elementType);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_SHAPE_H
