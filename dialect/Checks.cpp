//===- Checks.cpp - Checks that the inferences of ops share ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Checks.h"
#include "dialect/Locations.h"
#include "llvm/ADT/APSInt.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace mlir::lathe;

FailureOr<int64_t> lathe::resolveAxis(std::optional<Location> location,
                                      StringRef op, StringRef key, int64_t axis,
                                      int64_t rank, StringRef constraint) {
  if (axis >= -rank && axis < rank)
    return fromFront(axis, rank);
  return emitOptionalError(atKey(location, key), "'", op, "' has the ", key,
                           " ", axis, ", but the tensor has ", rank,
                           " dimensions [", constraint, "]");
}

FailureOr<SmallVector<int64_t>>
lathe::resolveAxes(std::optional<Location> location, StringRef op,
                   StringRef key, ArrayRef<int64_t> axes, int64_t rank,
                   StringRef constraint) {
  SmallVector<int64_t> resolved;
  for (int64_t axis : axes) {
    FailureOr<int64_t> fromFront =
        resolveAxis(location, op, key, axis, rank, constraint);
    if (failed(fromFront))
      return failure();
    if (llvm::is_contained(resolved, *fromFront))
      return emitOptionalError(atKey(location, key), "'", op, "' names the ",
                               "dimension ", *fromFront, " twice in ", key,
                               " [", axes, "] [", constraint, "]");
    resolved.push_back(*fromFront);
  }
  llvm::sort(resolved);
  return resolved;
}

LogicalResult lathe::checkParameter(std::optional<Location> location,
                                    StringRef op, StringRef name,
                                    Value parameter, ArrayRef<DimExpr> wanted,
                                    StringRef constraint) {
  if (!parameter || areCompatible(getShape(parameter), wanted))
    return success();
  return emitOptionalError(location, "'", op, "' needs a ", name, " of shape ",
                           formatShape(wanted), ", got ",
                           formatShape(parameter), " [", constraint, "]");
}

LogicalResult lathe::checkNotNegative(std::optional<Location> location,
                                      StringRef op, StringRef key,
                                      const APFloat &value,
                                      StringRef constraint) {
  if (!value.isNaN() && !value.isNegative())
    return success();
  return emitOptionalError(atKey(location, key), "'", op, "' needs ", key,
                           " of at least 0, got ", formatNumber(value), " [",
                           constraint, "]");
}

std::string lathe::formatNumber(const APFloat &value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value.convertToDouble());
  return text;
}

bool lathe::isElement(const APFloat &value, Type elementType) {
  auto integer = dyn_cast<IntegerType>(elementType);
  if (!integer)
    return true;
  if (integer.getWidth() == 1)
    return false;
  APSInt converted(integer.getWidth(), integer.isUnsigned());
  bool exact = false;
  return value.convertToInteger(converted, APFloat::rmTowardZero, &exact) ==
             APFloat::opOK &&
         exact;
}

std::optional<DimExpr> lathe::readSize(Attribute attribute,
                                       ArrayRef<int64_t> special) {
  if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
    int64_t size = integer.getInt();
    if (size > 0 || llvm::is_contained(special, size))
      return size;
    return std::nullopt;
  }
  auto text = dyn_cast<StringAttr>(attribute);
  std::optional<DimExpr> size =
      text ? DimExpr::parse(text.getValue()) : std::nullopt;
  if (!size || size->isUnknown() || size->getConstant().value_or(1) <= 0)
    return std::nullopt;
  return size;
}
