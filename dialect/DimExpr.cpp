//===- DimExpr.cpp - Sizes over a model's named dimensions
//-------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/DimExpr.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;

static int64_t saturatingAdd(int64_t a, int64_t b) {
  int64_t result;
  if (!llvm::AddOverflow(a, b, result))
    return result;
  return a < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t saturatingMul(int64_t a, int64_t b) {
  int64_t result;
  if (!llvm::MulOverflow(a, b, result))
    return result;
  return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}

DimExpr::DimExpr(int64_t constant) {
  if (constant != 0)
    terms[{}] = constant;
}

DimExpr DimExpr::symbol(StringRef name) {
  DimExpr result;
  result.terms[{Atom{name.str(), nullptr, 1}}] = 1;
  return result;
}

DimExpr DimExpr::unknown() {
  DimExpr result;
  result.isUnknownSize = true;
  return result;
}

std::optional<int64_t> DimExpr::getConstant() const {
  if (isUnknownSize)
    return std::nullopt;
  if (terms.empty())
    return 0;
  if (terms.size() == 1 && terms.begin()->first.empty())
    return terms.begin()->second;
  return std::nullopt;
}

DimExpr DimExpr::operator+(const DimExpr &other) const {
  if (isUnknownSize || other.isUnknownSize)
    return unknown();
  DimExpr result = *this;
  for (const auto &[monomial, coefficient] : other.terms) {
    int64_t &sum = result.terms[monomial];
    sum = saturatingAdd(sum, coefficient);
    if (sum == 0)
      result.terms.erase(monomial);
  }
  return result;
}

DimExpr DimExpr::operator-(const DimExpr &other) const {
  return *this + other * DimExpr(-1);
}

DimExpr DimExpr::operator*(const DimExpr &other) const {
  // Products of long sums come from hostile specs only.
  constexpr size_t mostTerms = 4096;
  if (isUnknownSize || other.isUnknownSize ||
      terms.size() * other.terms.size() > mostTerms)
    return unknown();
  DimExpr result;
  for (const auto &[left, leftCoefficient] : terms)
    for (const auto &[right, rightCoefficient] : other.terms) {
      Monomial product = left;
      llvm::append_range(product, right);
      llvm::sort(product);
      DimExpr term;
      term.terms[product] = saturatingMul(leftCoefficient, rightCoefficient);
      result += term;
    }
  return result;
}

DimExpr DimExpr::floorDiv(int64_t divisor) const {
  if (isUnknownSize || divisor == 0)
    return unknown();
  if (std::optional<int64_t> constant = getConstant())
    return DimExpr(llvm::divideFloorSigned(*constant, divisor));
  // Terms that divide leave the floor; the rest becomes an atom.
  DimExpr whole, rest;
  for (const auto &[monomial, coefficient] : terms) {
    bool divides = coefficient % divisor == 0;
    (divides ? whole : rest).terms[monomial] =
        divides ? coefficient / divisor : coefficient;
  }
  if (rest.terms.empty())
    return whole;
  if (std::optional<int64_t> constant = rest.getConstant())
    return whole + DimExpr(llvm::divideFloorSigned(*constant, divisor));
  DimExpr atom;
  atom.terms[{Atom{"(" + rest.str() + ")/" + std::to_string(divisor),
                   std::make_shared<DimExpr>(rest), divisor}}] = 1;
  return whole + atom;
}

std::optional<DimExpr> DimExpr::exactDiv(const DimExpr &divisor) const {
  // Division by one monomial; sums never divide the sizes that occur.
  if (isUnknownSize || divisor.isUnknownSize || divisor.terms.size() != 1)
    return std::nullopt;
  const auto &[bottom, bottomCoefficient] = *divisor.terms.begin();
  DimExpr result;
  for (const auto &[top, coefficient] : terms) {
    Monomial quotient = top;
    for (const Atom &atom : bottom) {
      auto it = llvm::find_if(
          quotient, [&](const Atom &a) { return a.name == atom.name; });
      if (it == quotient.end())
        return std::nullopt;
      quotient.erase(it);
    }
    if (coefficient % bottomCoefficient != 0)
      return std::nullopt;
    result.terms[quotient] = coefficient / bottomCoefficient;
  }
  return result;
}

bool DimExpr::isCompatible(const DimExpr &other) const {
  return isUnknownSize || other.isUnknownSize || *this == other;
}

std::string DimExpr::str() const {
  if (isUnknownSize)
    return "?";
  if (terms.empty())
    return "0";
  // Higher degrees first, the constant last.
  std::vector<std::pair<Monomial, int64_t>> sorted(terms.begin(), terms.end());
  llvm::sort(sorted, [](const auto &a, const auto &b) {
    return a.first.size() != b.first.size() ? a.first.size() > b.first.size()
                                            : a.first < b.first;
  });
  std::string text;
  for (const auto &[monomial, coefficient] : sorted) {
    bool negative = coefficient < 0;
    if (text.empty())
      text += negative ? "-" : "";
    else
      text += negative ? " - " : " + ";
    uint64_t magnitude =
        negative ? 0 - static_cast<uint64_t>(coefficient) : coefficient;
    // Read from left to right, 2*(a)/3 would be (2*a)/3, and -(a)/3 be (-a)/3.
    bool standsAlone =
        monomial.size() == 1 && magnitude == 1 && !(negative && text == "-");
    std::string factors;
    for (const Atom &atom : monomial) {
      bool isWrapped = atom.dividend && !standsAlone;
      factors += factors.empty() ? "" : "*";
      factors += isWrapped ? "(" + atom.name + ")" : atom.name;
    }
    if (monomial.empty())
      text += std::to_string(magnitude);
    else
      text += (magnitude == 1 ? "" : std::to_string(magnitude) + "*") + factors;
  }
  return text;
}

std::optional<int64_t> DimExpr::evaluate(
    function_ref<std::optional<int64_t>(StringRef)> valueOf) const {
  auto range = bounds([&](StringRef name) -> std::optional<Bounds> {
    if (std::optional<int64_t> value = valueOf(name))
      return Bounds(*value, *value);
    return std::nullopt;
  });
  if (!range)
    return std::nullopt;
  return range->first;
}

std::optional<DimExpr::Bounds>
DimExpr::bounds(function_ref<std::optional<Bounds>(StringRef)> boundsOf) const {
  if (isUnknownSize)
    return std::nullopt;
  Bounds sum(0, 0);
  for (const auto &[monomial, coefficient] : terms) {
    Bounds product(coefficient, coefficient);
    for (const Atom &atom : monomial) {
      std::optional<Bounds> factor =
          atom.dividend ? atom.dividend->bounds(boundsOf) : boundsOf(atom.name);
      if (!factor)
        return std::nullopt;
      if (atom.dividend)
        factor = {llvm::divideFloorSigned(factor->first, atom.divisor),
                  llvm::divideFloorSigned(factor->second, atom.divisor)};
      int64_t corners[] = {saturatingMul(product.first, factor->first),
                           saturatingMul(product.first, factor->second),
                           saturatingMul(product.second, factor->first),
                           saturatingMul(product.second, factor->second)};
      product = {*llvm::min_element(corners), *llvm::max_element(corners)};
    }
    sum = {saturatingAdd(sum.first, product.first),
           saturatingAdd(sum.second, product.second)};
  }
  return sum;
}

DimExpr DimExpr::substitute(
    function_ref<std::optional<DimExpr>(StringRef)> valueOf) const {
  if (isUnknownSize)
    return unknown();
  DimExpr result = 0;
  for (const auto &[monomial, coefficient] : terms) {
    DimExpr term = coefficient;
    for (const Atom &atom : monomial) {
      if (atom.dividend)
        term *= atom.dividend->substitute(valueOf).floorDiv(atom.divisor);
      else
        term *= valueOf(atom.name).value_or(symbol(atom.name));
    }
    result += term;
  }
  return result;
}

void DimExpr::forEachName(function_ref<void(StringRef)> visit) const {
  for (const auto &[monomial, coefficient] : terms)
    for (const Atom &atom : monomial)
      if (atom.dividend)
        atom.dividend->forEachName(visit);
      else
        visit(atom.name);
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {
/// sum = product (('+' | '-') product)*; product = factor (('*' | '/')
/// factor)*; factor = '-' factor | '(' sum ')' | integer | name | '?'
class DimExprParser {
public:
  explicit DimExprParser(StringRef text) : rest(text) {}

  std::optional<DimExpr> parseAll() {
    std::optional<DimExpr> result = parseSum(0);
    rest = rest.ltrim();
    return rest.empty() ? result : std::nullopt;
  }

private:
  // Deeper nesting than any size has; keeps hostile text off the stack.
  static constexpr int maxDepth = 64;

  bool accept(char c) {
    rest = rest.ltrim();
    return rest.consume_front(StringRef(&c, 1));
  }

  std::optional<DimExpr> parseSum(int depth) {
    std::optional<DimExpr> left = parseProduct(depth);
    while (left) {
      bool minus = false;
      if (!accept('+') && !(minus = accept('-')))
        return left;
      std::optional<DimExpr> right = parseProduct(depth);
      if (!right)
        return std::nullopt;
      left = minus ? *left - *right : *left + *right;
    }
    return left;
  }

  std::optional<DimExpr> parseProduct(int depth) {
    std::optional<DimExpr> left = parseFactor(depth);
    while (left) {
      bool divide = false;
      if (!accept('*') && !(divide = accept('/')))
        return left;
      std::optional<DimExpr> right = parseFactor(depth);
      if (!right)
        return std::nullopt;
      if (!divide) {
        left = *left * *right;
        continue;
      }
      std::optional<int64_t> divisor = right->getConstant();
      if (!divisor || *divisor <= 0)
        return std::nullopt;
      left = left->floorDiv(*divisor);
    }
    return left;
  }

  std::optional<DimExpr> parseFactor(int depth) {
    if (depth > maxDepth)
      return std::nullopt;
    if (accept('-')) {
      std::optional<DimExpr> inner = parseFactor(depth + 1);
      if (!inner)
        return std::nullopt;
      return *inner * DimExpr(-1);
    }
    if (accept('(')) {
      std::optional<DimExpr> inner = parseSum(depth + 1);
      return inner && accept(')') ? inner : std::nullopt;
    }
    if (accept('?'))
      return DimExpr::unknown();
    int64_t number;
    if (!rest.empty() && llvm::isDigit(rest.front())) {
      if (rest.consumeInteger(10, number))
        return std::nullopt;
      return DimExpr(number);
    }
    StringRef name =
        rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    if (name.empty())
      return std::nullopt;
    rest = rest.drop_front(name.size());
    return DimExpr::symbol(name);
  }

  StringRef rest;
};
} // namespace

std::optional<DimExpr> DimExpr::parse(StringRef text) {
  return DimExprParser(text).parseAll();
}
