//===- Operators.cpp - Binary operators of the expression language --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Evaluator.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

// Sizes of real models have a handful of terms.
static constexpr size_t mostTerms = 64;
static constexpr size_t mostSizeText = 1000;

namespace {
class Operator {
public:
  Operator(StringRef op, const Datum &left, const Datum &right, Scope &scope,
           Budget &budget, std::string &error)
      : op(op), left(left), right(right), scope(scope), budget(budget),
        error(error) {}

  Datum apply() {
    if (op == "==" || op == "!=") {
      std::optional<bool> same = areEqual(left, right, /*depth=*/0);
      return same ? Datum::of(*same == (op == "==")) : Datum::unknown();
    }
    if (op == "+" && left.isString() && right.isString())
      return concatenate(left.string() + right.string());
    if (op == "+" && left.isList() && right.isList())
      return concatenateLists();
    if (op == "*" && left.isList() && right.isInt())
      return repeatList();
    bool isSizes =
        (left.isSize() || left.isInt()) && (right.isSize() || right.isInt());
    if (left.isInt() && right.isInt())
      return onIntegers(left.integer(), right.integer());
    if (isSizes)
      return onSizes();
    if (left.isNumber() && right.isNumber())
      return onFloats(left.number(), right.number());
    return fail("'" + op + "' needs numbers, got " + left.describe() + " and " +
                right.describe());
  }

private:
  Datum fail(const Twine &message) {
    error = message.str();
    return Datum::unknown();
  }
  Datum overflow() {
    return fail(left.describe() + " " + op + " " + right.describe() +
                " overflows 64 bits");
  }

  Datum concatenate(std::string text) {
    return chargeElements(text.size()) ? Datum::of(std::move(text))
                                       : Datum::unknown();
  }

  bool chargeElements(int64_t count) {
    if (count <= budget.elements) {
      budget.elements -= count;
      return true;
    }
    fail("the lists and strings of this spec are too long in all");
    return false;
  }

  Datum concatenateLists() {
    if (!chargeElements(left.list().size() + right.list().size()))
      return Datum::unknown();
    Datum::List items = left.list();
    items.insert(items.end(), right.list().begin(), right.list().end());
    return Datum::of(std::move(items));
  }

  Datum repeatList() {
    int64_t times = std::max<int64_t>(right.integer(), 0), count;
    if (llvm::MulOverflow<int64_t>(left.list().size(), times, count))
      return overflow();
    if (!chargeElements(count))
      return Datum::unknown();
    Datum::List items;
    for (int64_t i = 0; i < times && !left.list().empty(); ++i)
      items.insert(items.end(), left.list().begin(), left.list().end());
    return Datum::of(std::move(items));
  }

  Datum onIntegers(int64_t a, int64_t b) {
    int64_t result;
    if (op == "<" || op == "<=" || op == ">" || op == ">=")
      return compare(a, b);
    if (op == "+")
      return llvm::AddOverflow(a, b, result) ? overflow() : Datum::of(result);
    if (op == "-")
      return llvm::SubOverflow(a, b, result) ? overflow() : Datum::of(result);
    if (op == "*")
      return llvm::MulOverflow(a, b, result) ? overflow() : Datum::of(result);
    if (op == "**")
      return power(a, b);
    if (b == 0)
      return fail("division of " + Twine(a) + " by zero");
    if (a == INT64_MIN && b == -1)
      return overflow();
    if (op == "//")
      return Datum::of(llvm::divideFloorSigned(a, b));
    if (op == "%")
      return Datum::of(a - b * llvm::divideFloorSigned(a, b));
    // Whole where it can be, so that shapes may say `channels / groups`.
    if (a % b == 0)
      return Datum::of(a / b);
    return Datum::of(static_cast<double>(a) / static_cast<double>(b));
  }

  Datum power(int64_t base, int64_t exponent) {
    if (exponent < 0)
      return onFloats(base, exponent);
    int64_t result = 1;
    // Every base but -1, 0 and 1 overflows within 64 steps.
    int64_t steps = base >= -1 && base <= 1
                        ? (exponent == 0 ? 0 : 2 - exponent % 2)
                        : exponent;
    for (int64_t i = 0; i < steps; ++i)
      if (llvm::MulOverflow(result, base, result))
        return overflow();
    return Datum::of(result);
  }

  template <typename T> Datum compare(T a, T b) {
    if (op == "<")
      return Datum::of(a < b);
    if (op == "<=")
      return Datum::of(a <= b);
    return Datum::of(op == ">" ? a > b : a >= b);
  }

  Datum onFloats(double a, double b) {
    if (op == "<" || op == "<=" || op == ">" || op == ">=")
      return compare(a, b);
    if (b == 0 && (op == "/" || op == "//" || op == "%"))
      return fail("division of " + left.describe() + " by zero");
    double result = op == "+"    ? a + b
                    : op == "-"  ? a - b
                    : op == "*"  ? a * b
                    : op == "/"  ? a / b
                    : op == "//" ? std::floor(a / b)
                    : op == "%"  ? a - b * std::floor(a / b)
                                 : std::pow(a, b);
    if (!std::isfinite(result))
      return fail(left.describe() + " " + op + " " + right.describe() +
                  " is no finite number");
    return Datum::of(result);
  }

  Datum onSizes() {
    DimExpr a = left.size(), b = right.size();
    if (op == "<" || op == "<=" || op == ">" || op == ">=")
      return compareSizes(a, b);
    if (a.getTerms().size() * b.getTerms().size() > mostTerms)
      return fail("a dynamic size of so many terms is not supported");
    if (op == "+")
      return size(a + b);
    if (op == "-")
      return size(a - b);
    if (op == "*")
      return size(a * b);
    if (op == "/") {
      if (b.isConstant(0))
        return fail("division of " + left.describe() + " by zero");
      if (std::optional<DimExpr> quotient = a.exactDiv(b))
        return size(*quotient);
      return fail(left.describe() + " / " + right.describe() +
                  " is not known to be whole; use // to round down");
    }
    std::optional<int64_t> divisor = b.getConstant();
    if ((op == "//" || op == "%") && divisor && *divisor > 0) {
      DimExpr quotient = a.floorDiv(*divisor);
      return size(op == "//" ? quotient : a - quotient * b);
    }
    return fail("'" + op + "' is not supported of " + left.describe() +
                " and " + right.describe() +
                ": a dynamic size takes + - *, and / // % by a number");
  }

  Datum size(const DimExpr &result) {
    if (result.str().size() > mostSizeText)
      return fail("a dynamic size of so many terms is not supported");
    return Datum::of(result);
  }

  /// Bounds of left - right; all of it where a bound is missing.
  DimExpr::Bounds differenceBounds(const DimExpr &a, const DimExpr &b) {
    auto boundsOf = [&](StringRef dim) { return scope.boundsOf(dim); };
    return (a - b).bounds(boundsOf).value_or(
        DimExpr::Bounds(INT64_MIN, INT64_MAX));
  }

  Datum undecided() {
    return fail(left.describe() + " " + op + " " + right.describe() +
                " is not known when compiling");
  }

  Datum compareSizes(const DimExpr &a, const DimExpr &b) {
    auto [low, high] = differenceBounds(a, b);
    bool less = op == "<" || op == "<=";
    bool orEqual = op.size() == 2;
    // a < b  =  not (a >= b), and so on: one bound decides each.
    if (less ? (orEqual ? high <= 0 : high < 0)
             : (orEqual ? low >= 0 : low > 0))
      return Datum::of(true);
    if (less ? (orEqual ? low > 0 : low >= 0)
             : (orEqual ? high < 0 : high <= 0))
      return Datum::of(false);
    return undecided();
  }

  /// Nothing after a mistake.
  std::optional<bool> areEqual(const Datum &a, const Datum &b, int depth) {
    if (budget.operations-- <= 0 || depth > 50) {
      fail("these values are too large to compare");
      return std::nullopt;
    }
    if (a.isNumber() && b.isNumber() && !(a.isInt() && b.isInt()))
      return a.number() == b.number();
    if ((a.isSize() && (b.isSize() || b.isInt())) ||
        (b.isSize() && a.isInt())) {
      DimExpr difference = a.size() - b.size();
      if (difference.isConstant(0))
        return true;
      auto [low, high] = differenceBounds(a.size(), b.size());
      if (difference.getConstant() || low > 0 || high < 0)
        return false;
      undecided();
      return std::nullopt;
    }
    if (a.isTensor() && b.isTensor())
      return a.tensor() == b.tensor();
    if (a.kind() != b.kind())
      return false;
    switch (a.kind()) {
    case Datum::Kind::Bool:
      return a.boolean() == b.boolean();
    case Datum::Kind::Int:
      return a.integer() == b.integer();
    case Datum::Kind::String:
      return a.string() == b.string();
    case Datum::Kind::List:
      return areListsEqual(a.list(), b.list(), depth);
    default:
      return true;
    }
  }

  std::optional<bool> areListsEqual(const Datum::List &a, const Datum::List &b,
                                    int depth) {
    if (a.size() != b.size())
      return false;
    for (size_t i = 0; i < a.size(); ++i) {
      std::optional<bool> same = areEqual(a[i], b[i], depth + 1);
      if (!same || !*same)
        return same;
    }
    return true;
  }

  StringRef op;
  const Datum &left, &right;
  Scope &scope;
  Budget &budget;
  std::string &error;
};
} // namespace

Datum lathe::frontend::applyOperator(StringRef op, const Datum &left,
                                     const Datum &right, Scope &scope,
                                     Budget &budget, std::string &error) {
  return Operator(op, left, right, scope, budget, error).apply();
}
