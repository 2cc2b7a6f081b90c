//===- Evaluator.h - The meaning of expressions ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_EVALUATOR_H
#define LATHE_FRONTEND_EVALUATOR_H

#include "frontend/Expression.h"

namespace mlir::lathe::frontend {

/// What names mean in an expression.
class Scope {
public:
  virtual ~Scope() = default;
  /// The value of `name`, which may be dotted; nothing if it has none here.
  /// `embedded` is whether the name stands inside `${…}`.
  virtual std::optional<Datum> lookup(StringRef name, bool embedded) = 0;
  /// Calls `visit` with every name that has a value.
  virtual void forEachName(function_ref<void(StringRef)> visit) = 0;
  /// Bounds of a dynamic dimension.
  virtual std::optional<DimExpr::Bounds> boundsOf(StringRef dim) = 0;
};

/// A scope with one more name.
class InnerScope : public Scope {
public:
  InnerScope(Scope &outer, StringRef name, Datum value)
      : outer(outer), name(name), value(std::move(value)) {}

  std::optional<Datum> lookup(StringRef wanted, bool embedded) override {
    return wanted == name ? value : outer.lookup(wanted, embedded);
  }
  void forEachName(function_ref<void(StringRef)> visit) override {
    visit(name);
    outer.forEachName(visit);
  }
  std::optional<DimExpr::Bounds> boundsOf(StringRef dim) override {
    return outer.boundsOf(dim);
  }

private:
  Scope &outer;
  StringRef name;
  Datum value;
};

/// What all expressions of a spec may cost together: no spec, however hostile,
/// keeps the compiler busy or fills its memory.
struct Budget {
  int64_t operations = 100'000'000;
  /// Elements of lists and characters of strings made.
  int64_t elements = 2'000'000;
};

/// Reports that `budget` is spent, once; returns whether it is not.
bool spend(int64_t &budget, int64_t amount, Location location);

/// Evaluates parsed expressions. After a mistake, which is reported, the
/// result is unknown.
class Evaluator {
public:
  Evaluator(const SourceText &source, Scope &scope, Budget &budget)
      : source(source), scope(scope), budget(budget) {}

  Datum evaluate(const Expression &expression);

private:
  Datum fail(size_t position, const Twine &message);
  Datum evaluateName(StringRef name, size_t position);
  Datum evaluatePath(const Expression &expression);
  Datum evaluateRange(const Expression &expression);
  Datum evaluateComprehension(const Expression &expression);
  Datum evaluateCall(const Expression &expression);
  Datum evaluateUnary(const Expression &expression);
  Datum evaluateBinary(const Expression &expression);
  Datum evaluateList(const Expression &expression);
  Datum itemOf(const Datum &base, const Datum &index,
               const Expression &expression);
  Datum memberOf(const Datum &base, StringRef member, size_t position);
  /// Nothing after a mistake, or if `datum` is unknown.
  std::optional<bool> truth(const Datum &datum, size_t position);

  const SourceText &source;
  Scope &scope;
  Budget &budget;
  bool embedded = false;
};

/// The value of a binary operator; on a mistake, unknown and a message in
/// `error` (none if an operand is unknown).
Datum applyOperator(StringRef op, const Datum &left, const Datum &right,
                    Scope &scope, Budget &budget, std::string &error);

/// The same for a function; `names` lists all of them.
Datum applyFunction(StringRef name, ArrayRef<Datum> arguments, Budget &budget,
                    std::string &error);
ArrayRef<StringRef> getFunctionNames();

/// The dimension of a tensor that `name` stands for, such as `height`; may be
/// outside the rank. Nothing if `name` stands for none.
std::optional<int64_t> getNamedAxis(StringRef name, int64_t rank);
ArrayRef<StringRef> getAxisNames();

/// Parses and evaluates `source` as one expression, in which `${…}` only
/// groups.
Datum evaluateExpression(const SourceText &source, Scope &scope,
                         Budget &budget);

/// The value of text with `${…}` in it: that of the expression if the text is
/// nothing else, a string otherwise.
Datum evaluateTemplate(const SourceText &source, Scope &scope, Budget &budget);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_EVALUATOR_H
