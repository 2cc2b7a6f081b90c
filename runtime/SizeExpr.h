//===- SizeExpr.h - Sizes over a model's dims -------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_SIZEEXPR_H
#define LATHE_RUNTIME_SIZEEXPR_H

#include "runtime/Status.h"
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::runtime {

/// An expression of the descriptor: integers, names of dims, + - * / (floor
/// division) and parentheses. Kept in postfix order, so that evaluating it
/// takes a small stack and no memory.
class SizeExpr {
public:
  SizeExpr(int64_t constant = 0);
  /// Reads `text`; a name stands for the dim at its index in `dims`.
  static Result<SizeExpr> parse(std::string_view text,
                                std::span<const std::string> dims);

  /// The value; nothing on overflow or division by zero.
  std::optional<int64_t> evaluate(std::span<const int64_t> dims) const;

  /// The index of the dim, if the expression is nothing but its name.
  std::optional<size_t> plainDim() const;
  /// Calls `visit` with the index of each dim in the expression.
  template <typename Visit> void forEachDim(const Visit &visit) const {
    for (const Step &step : steps)
      if (step.action == Step::Dim)
        visit(static_cast<size_t>(step.value));
  }

private:
  struct Step {
    enum Action { Constant, Dim, Add, Subtract, Multiply, Divide } action;
    int64_t value = 0; ///< The constant, or the dim's index.
  };
  class Parser;

  static constexpr size_t stackSize = 32;
  std::vector<Step> steps;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_SIZEEXPR_H
