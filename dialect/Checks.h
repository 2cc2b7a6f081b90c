//===- Checks.h - Checks that the inferences of ops share -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_CHECKS_H
#define LATHE_DIALECT_CHECKS_H

#include "dialect/LatheDialect.h"

namespace mlir::lathe {

// Each check reports at `location` (or at its key there) and ends its message
// with the number of the op's constraint, "C1".

/// An axis counted from the front, for a tensor of rank `rank`.
FailureOr<int64_t> resolveAxis(std::optional<Location> location, StringRef op,
                               StringRef key, int64_t axis, int64_t rank,
                               StringRef constraint);

/// Distinct axes counted from the front, ascending.
FailureOr<SmallVector<int64_t>> resolveAxes(std::optional<Location> location,
                                            StringRef op, StringRef key,
                                            ArrayRef<int64_t> axes,
                                            int64_t rank, StringRef constraint);

/// An axis that is known to be within the rank, counted from the front.
inline int64_t fromFront(int64_t axis, int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

/// That a parameter, if it is given, has the wanted shape.
LogicalResult checkParameter(std::optional<Location> location, StringRef op,
                             StringRef name, Value parameter,
                             ArrayRef<DimExpr> wanted, StringRef constraint);

/// That a constant of the op is at least 0 (and no NaN).
LogicalResult checkNotNegative(std::optional<Location> location, StringRef op,
                               StringRef key, const APFloat &value,
                               StringRef constraint);

/// A constant as a spec writes it: "0.5".
std::string formatNumber(const APFloat &value);

/// That `value` is an element of the type: whole and in range for integers.
bool isElement(const APFloat &value, Type elementType);

/// A size of a `shape` key: positive, symbolic, or one of the integers that
/// the op gives a meaning; nothing if it is none of these.
std::optional<DimExpr> readSize(Attribute attribute,
                                ArrayRef<int64_t> special = {});

} // namespace mlir::lathe

#endif // LATHE_DIALECT_CHECKS_H
