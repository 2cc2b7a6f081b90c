//===- SizeExpr.cpp - Sizes over a model's dims ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/SizeExpr.h"
#include <algorithm>
#include <array>
#include <charconv>

using namespace lathe::runtime;

/// Recursive descent over
///   sum     := product (('+' | '-') product)*
///   product := factor (('*' | '/') factor)*
///   factor  := integer | name | '-' factor | '(' sum ')'
/// `depth` is what evaluation will have on its stack; it bounds the recursion.
class SizeExpr::Parser {
public:
  Parser(std::string_view text, std::span<const std::string> dims)
      : text(text), dims(dims) {}

  Result<SizeExpr> parse() {
    if (parseSum(0) && next() == '\0')
      return std::move(result);
    return Status(LATHE_BAD_MODEL, concat("cannot read the size ", quote(text),
                                          " at column ", position + 1));
  }

private:
  char next() {
    while (position < text.size() && text[position] == ' ')
      ++position;
    return position < text.size() ? text[position] : '\0';
  }

  bool parseSum(size_t depth) {
    bool good = parseProduct(depth);
    while (good && (next() == '+' || next() == '-')) {
      auto action = text[position++] == '+' ? Step::Add : Step::Subtract;
      good = parseProduct(depth + 1);
      result.steps.push_back({action});
    }
    return good;
  }

  bool parseProduct(size_t depth) {
    bool good = parseFactor(depth);
    while (good && (next() == '*' || next() == '/')) {
      auto action = text[position++] == '*' ? Step::Multiply : Step::Divide;
      good = parseFactor(depth + 1);
      result.steps.push_back({action});
    }
    return good;
  }

  bool parseFactor(size_t depth) {
    if (depth >= stackSize)
      return false;
    char first = next();
    if (first == '(') {
      ++position;
      if (!parseSum(depth + 1) || next() != ')')
        return false;
      ++position;
      return true;
    }
    if (first == '-') {
      ++position;
      result.steps.push_back({Step::Constant, 0});
      bool good = parseFactor(depth + 1);
      result.steps.push_back({Step::Subtract});
      return good;
    }
    return first >= '0' && first <= '9' ? parseInteger() : parseName();
  }

  bool parseInteger() {
    int64_t value = 0;
    const char *begin = text.data() + position;
    auto [end, error] =
        std::from_chars(begin, text.data() + text.size(), value);
    position += static_cast<size_t>(end - begin);
    result.steps.push_back({Step::Constant, value});
    return error == std::errc();
  }

  bool parseName() {
    size_t end = text.find_first_of(" +-*/()", position);
    std::string_view name = text.substr(position, end - position);
    auto dim = std::find(dims.begin(), dims.end(), name);
    if (dim == dims.end())
      return false;
    position += name.size();
    result.steps.push_back({Step::Dim, dim - dims.begin()});
    return true;
  }

  std::string_view text;
  std::span<const std::string> dims;
  size_t position = 0;
  SizeExpr result = emptyExpr();

  static SizeExpr emptyExpr() {
    SizeExpr expr;
    expr.steps.clear();
    return expr;
  }
};

SizeExpr::SizeExpr(int64_t constant) : steps{{Step::Constant, constant}} {}

Result<SizeExpr> SizeExpr::parse(std::string_view text,
                                 std::span<const std::string> dims) {
  return Parser(text, dims).parse();
}

/// Applies `quotient = floor(left / right)`; true when there is none, as the
/// overflow builtins have it.
static bool divideFails(int64_t left, int64_t right, int64_t *quotient) {
  if (right == 0 || (left == INT64_MIN && right == -1))
    return true;
  bool roundsUp = left % right != 0 && (left < 0) != (right < 0);
  *quotient = left / right - roundsUp;
  return false;
}

std::optional<int64_t> SizeExpr::evaluate(std::span<const int64_t> dims) const {
  std::array<int64_t, stackSize> stack;
  int64_t *top = stack.data(); // Points behind the topmost value.
  for (const Step &step : steps) {
    if (step.action == Step::Constant || step.action == Step::Dim) {
      *top++ = step.action == Step::Dim ? dims[static_cast<size_t>(step.value)]
                                        : step.value;
      continue;
    }
    int64_t right = *--top;
    int64_t *left = top - 1;
    bool fails = false;
    switch (step.action) {
    case Step::Add:
      fails = __builtin_add_overflow(*left, right, left);
      break;
    case Step::Subtract:
      fails = __builtin_sub_overflow(*left, right, left);
      break;
    case Step::Multiply:
      fails = __builtin_mul_overflow(*left, right, left);
      break;
    default:
      fails = divideFails(*left, right, left);
    }
    if (fails)
      return std::nullopt;
  }
  return stack[0];
}

std::optional<size_t> SizeExpr::plainDim() const {
  if (steps.size() != 1 || steps[0].action != Step::Dim)
    return std::nullopt;
  return static_cast<size_t>(steps[0].value);
}
