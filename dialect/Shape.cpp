//===- Shape.cpp - Tensor types as lists of sizes
//----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Shape.h"
#include "dialect/LatheDialect.h"
#include "dialect/Locations.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::lathe;

Shape lathe::getShape(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  auto dims = dyn_cast_if_present<DimsAttr>(tensor.getEncoding());
  Shape shape;
  for (auto [i, size] : llvm::enumerate(tensor.getShape())) {
    if (!ShapedType::isDynamic(size)) {
      shape.push_back(size);
      continue;
    }
    std::optional<DimExpr> named;
    if (dims)
      named = DimExpr::parse(dims.getNames()[i].getValue());
    shape.push_back(named.value_or(DimExpr::unknown()));
  }
  return shape;
}

DimExpr lathe::getDim(Value value, int64_t index) {
  Shape shape = getShape(value);
  return shape[index < 0 ? shape.size() + index : index];
}

RankedTensorType lathe::getTensorType(ArrayRef<DimExpr> shape,
                                      Type elementType) {
  MLIRContext *context = elementType.getContext();
  SmallVector<int64_t> sizes;
  SmallVector<StringAttr> names;
  bool anyNamed = false;
  for (const DimExpr &dim : shape) {
    std::optional<int64_t> constant = dim.getConstant();
    sizes.push_back(constant.value_or(ShapedType::kDynamic));
    // A size without a name among named ones is "?".
    names.push_back(StringAttr::get(context, constant ? "" : dim.str()));
    anyNamed |= !constant && !dim.isUnknown();
  }
  Attribute encoding = anyNamed ? DimsAttr::get(context, names) : Attribute();
  return RankedTensorType::get(sizes, elementType, encoding);
}

RankedTensorType lathe::stripEncoding(RankedTensorType type) {
  return RankedTensorType::get(type.getShape(), type.getElementType());
}

DimExpr lathe::getElementCount(ArrayRef<DimExpr> shape) {
  DimExpr count = 1;
  for (const DimExpr &dim : shape)
    count *= dim;
  return count;
}

std::string lathe::formatShape(ArrayRef<DimExpr> shape) {
  return "[" +
         llvm::join(llvm::map_range(
                        shape, [](const DimExpr &dim) { return dim.str(); }),
                    ", ") +
         "]";
}

bool lathe::areCompatible(ArrayRef<DimExpr> a, ArrayRef<DimExpr> b) {
  return a.size() == b.size() &&
         llvm::all_of(llvm::zip(a, b), [](const auto &pair) {
           return std::get<0>(pair).isCompatible(std::get<1>(pair));
         });
}

std::optional<Shape> lathe::broadcastShapes(ArrayRef<DimExpr> a,
                                            ArrayRef<DimExpr> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Shape result(a.begin(), a.end());
  size_t offset = a.size() - b.size();
  for (auto [i, dim] : llvm::enumerate(b)) {
    DimExpr &size = result[offset + i];
    if (dim.isConstant(1) || (!size.isUnknown() && size == dim))
      continue;
    if (size.isConstant(1))
      size = dim;
    else if (!size.isCompatible(dim))
      return std::nullopt;
    else if (size.isUnknown())
      size = dim;
  }
  return result;
}

LogicalResult lathe::inferTensor(std::optional<Location> location, StringRef op,
                                 ArrayRef<DimExpr> shape, Type elementType,
                                 SmallVectorImpl<Type> &results) {
  constexpr int64_t mostElements = int64_t(1) << 48;
  DimExpr staticCount = 1;
  for (const DimExpr &dim : shape) {
    std::optional<int64_t> size = dim.getConstant();
    if (size && *size <= 0)
      return emitOptionalError(location, "'", op, "' would give the shape ",
                               formatShape(shape),
                               ": every size must be at least 1");
    if (size)
      staticCount *= *size;
  }
  if (staticCount.getConstant().value_or(0) > mostElements)
    return emitOptionalError(location, "'", op, "' would give the shape ",
                             formatShape(shape), ": more than 2^48 elements");
  results.push_back(getTensorType(shape, elementType));
  return success();
}

void lathe::noteOrigin(InFlightDiagnostic &diagnostic, Value value) {
  Location place = value.getLoc();
  StringRef path = getStepPath(place);
  diagnostic.attachNote(place)
      << "the shape " << formatShape(value) << " comes from "
      << (path.empty() ? std::string("here") : "'" + path.str() + "' here");
}

int64_t lathe::getElementBytes(Type elementType) {
  return std::max<int64_t>(1, elementType.getIntOrFloatBitWidth() / 8);
}
