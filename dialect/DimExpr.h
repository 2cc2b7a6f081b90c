//===- DimExpr.h - Sizes over a model's named dimensions
//---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_DIMEXPR_H
#define LATHE_DIALECT_DIMEXPR_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir::lathe {

/// A size: a polynomial with integer coefficients over the named dynamic
/// dimensions of a model and floor divisions of such polynomials by constants.
/// Polynomials are kept in a canonical form, so that two sizes are equal if
/// their texts are. An unknown size (a `?` without a name) absorbs arithmetic
/// and is compatible with everything. Arithmetic saturates at the limits of
/// int64_t, which no valid size reaches.
class DimExpr {
public:
  /// A named dimension, or `dividend` floor-divided by `divisor`. `name` is the
  /// text of either: made anew each time, that of nested divisions would take
  /// exponential time.
  struct Atom {
    std::string name;
    std::shared_ptr<const DimExpr> dividend;
    int64_t divisor = 1;
    bool operator<(const Atom &other) const { return name < other.name; }
  };
  /// A product of atoms, sorted.
  using Monomial = std::vector<Atom>;
  /// Lowest and highest value of a dimension.
  using Bounds = std::pair<int64_t, int64_t>;

  DimExpr(int64_t constant = 0);
  static DimExpr symbol(StringRef name);
  static DimExpr unknown();
  /// Reads the canonical form (and any form with + - * / and parentheses);
  /// nothing on a syntax error.
  static std::optional<DimExpr> parse(StringRef text);

  bool isUnknown() const { return isUnknownSize; }
  std::optional<int64_t> getConstant() const;
  bool isConstant(int64_t value) const { return getConstant() == value; }
  const std::map<Monomial, int64_t> &getTerms() const { return terms; }

  DimExpr operator+(const DimExpr &other) const;
  DimExpr operator-(const DimExpr &other) const;
  /// Unknown where it would have thousands of terms.
  DimExpr operator*(const DimExpr &other) const;
  DimExpr &operator+=(const DimExpr &other) { return *this = *this + other; }
  DimExpr &operator*=(const DimExpr &other) { return *this = *this * other; }
  /// Exact where every coefficient divides, an atom otherwise.
  DimExpr floorDiv(int64_t divisor) const;
  /// The quotient if `divisor` divides the polynomial without rest.
  std::optional<DimExpr> exactDiv(const DimExpr &divisor) const;

  bool operator==(const DimExpr &other) const { return str() == other.str(); }
  /// Equal, or one of the two unknown.
  bool isCompatible(const DimExpr &other) const;

  /// Canonical text, such as "2*tokens + 1"; "?" when unknown.
  std::string str() const;

  /// The value at given dimensions; nothing if one is missing or unknown.
  std::optional<int64_t>
  evaluate(function_ref<std::optional<int64_t>(StringRef)> valueOf) const;
  /// Bounds over all values of the dimensions within theirs.
  std::optional<Bounds>
  bounds(function_ref<std::optional<Bounds>(StringRef)> boundsOf) const;
  /// The expression with other ones in place of the dimensions for which
  /// `valueOf` gives one.
  DimExpr
  substitute(function_ref<std::optional<DimExpr>(StringRef)> valueOf) const;
  /// Calls `visit` with each named dimension in the expression.
  void forEachName(function_ref<void(StringRef)> visit) const;

private:
  std::map<Monomial, int64_t> terms;
  bool isUnknownSize = false;
};

} // namespace mlir::lathe

#endif // LATHE_DIALECT_DIMEXPR_H
