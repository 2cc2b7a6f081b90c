//===- Evaluator.cpp - The meaning of expressions -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Evaluator.h"
#include "dialect/Shape.h"
#include "frontend/Diagnostics.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

bool lathe::frontend::spend(int64_t &budget, int64_t amount,
                            Location location) {
  if (budget < 0)
    return false;
  budget -= amount;
  if (budget >= 0)
    return true;
  budget = -1;
  emitError(location) << "the expressions of this spec cost too much in all: "
                         "too many operations, or too long lists and strings";
  return false;
}

Datum Evaluator::fail(size_t position, const Twine &message) {
  emitError(source.at(position)) << message;
  return Datum::unknown();
}

Datum Evaluator::evaluate(const Expression &expression) {
  if (!spend(budget.operations, 1, source.place))
    return Datum::unknown();
  switch (expression.kind) {
  case Expression::Kind::Literal:
    return expression.literal;
  case Expression::Kind::Name:
    return evaluateName(expression.text, expression.position);
  case Expression::Kind::Member:
  case Expression::Kind::Index:
    return evaluatePath(expression);
  case Expression::Kind::Range:
    return evaluateRange(expression);
  case Expression::Kind::Comprehension:
    return evaluateComprehension(expression);
  case Expression::Kind::Call:
    return evaluateCall(expression);
  case Expression::Kind::Unary:
    return evaluateUnary(expression);
  case Expression::Kind::Binary:
    return evaluateBinary(expression);
  case Expression::Kind::List:
    return evaluateList(expression);
  case Expression::Kind::Conditional: {
    std::optional<bool> condition = truth(evaluate(*expression.children[1]),
                                          expression.children[1]->position);
    if (!condition)
      return Datum::unknown();
    return evaluate(*expression.children[*condition ? 0 : 2]);
  }
  case Expression::Kind::Embedded: {
    bool outer = embedded;
    llvm::scope_exit leave([&] { embedded = outer; });
    embedded = true;
    return evaluate(*expression.children[0]);
  }
  }
  llvm_unreachable("all kinds are handled");
}

Datum Evaluator::evaluateName(StringRef name, size_t position) {
  if (std::optional<Datum> value = scope.lookup(name, embedded))
    return *value;
  Suggestion suggestion(name);
  scope.forEachName([&](StringRef known) { suggestion.consider(known); });
  return fail(position, "unknown name '" + name + "'" + suggestion.str());
}

Datum Evaluator::evaluatePath(const Expression &expression) {
  // Names of steps have parts, of which repetitions are numbers: of
  // `body[1].mix.width`, the longest prefix that means something does.
  SmallVector<const Expression *> links;
  const Expression *root = &expression;
  while (root->kind == Expression::Kind::Member ||
         root->kind == Expression::Kind::Index) {
    links.push_back(root);
    root = root->children[0].get();
  }
  std::reverse(links.begin(), links.end());
  SmallVector<Datum> indices;
  for (const Expression *link : links)
    indices.push_back(link->kind == Expression::Kind::Index
                          ? evaluate(*link->children[1])
                          : Datum::null());
  if (llvm::any_of(indices, [](const Datum &d) { return d.isUnknown(); }))
    return Datum::unknown();
  size_t done = 0;
  Datum value = Datum::unknown();
  if (root->kind == Expression::Kind::Name) {
    std::string dotted = root->text;
    for (size_t i = 0; i < links.size(); ++i) {
      if (!indices[i].isNull() && !indices[i].isInt())
        break;
      dotted += "." + (indices[i].isInt() ? indices[i].str() : links[i]->text);
      if (std::optional<Datum> found = scope.lookup(dotted, embedded)) {
        value = *found;
        done = i + 1;
      }
    }
  }
  if (done == 0)
    value = evaluate(*root);
  for (size_t i = done; i < links.size(); ++i)
    value = links[i]->kind == Expression::Kind::Member
                ? memberOf(value, links[i]->text, links[i]->position)
                : itemOf(value, indices[i], *links[i]);
  return value;
}

Datum Evaluator::memberOf(const Datum &base, StringRef member,
                          size_t position) {
  if (base.isUnknown())
    return base;
  if (!base.isTensor())
    return fail(position, base.describe() + " has no member '" + member +
                              "': only tensors have any");
  Shape shape = getShape(base.tensor());
  int64_t rank = shape.size();
  if (member == "rank")
    return Datum::of(rank);
  if (member == "shape") {
    Datum::List sizes;
    for (const DimExpr &size : shape)
      sizes.push_back(Datum::of(size));
    return Datum::of(std::move(sizes));
  }
  if (member == "elements")
    return Datum::of(getElementCount(shape));
  std::optional<int64_t> axis = getNamedAxis(member, rank);
  if (!axis) {
    Suggestion suggestion(member);
    for (StringRef known : {"rank", "shape", "elements"})
      suggestion.consider(known);
    llvm::for_each(getAxisNames(),
                   [&](StringRef known) { suggestion.consider(known); });
    return fail(position,
                "a tensor has no member '" + member + "'" + suggestion.str());
  }
  if (*axis < 0 || *axis >= rank)
    return fail(position, "a tensor of shape " + formatShape(shape) +
                              " has no " + member);
  return Datum::of(shape[*axis]);
}

std::optional<int64_t> lathe::frontend::getNamedAxis(StringRef name,
                                                     int64_t rank) {
  // [N, C, H, W], [N, C, L], [N, T, D] and [N, D].
  if (name == "batch")
    return 0;
  if (name == "channels")
    return 1;
  if (name == "height" || name == "tokens")
    return rank - 2;
  if (name == "width" || name == "features")
    return rank - 1;
  return std::nullopt;
}

ArrayRef<StringRef> lathe::frontend::getAxisNames() {
  static constexpr StringRef names[] = {"batch", "channels", "height",
                                        "width", "tokens",   "features"};
  return names;
}

Datum Evaluator::itemOf(const Datum &base, const Datum &index,
                        const Expression &expression) {
  if (base.isUnknown())
    return base;
  if (!base.isList())
    return fail(expression.position,
                base.describe() + " cannot be indexed: it is no list");
  if (!index.isInt())
    return fail(expression.children[1]->position,
                "an index must be a whole number, not " + index.describe());
  int64_t size = base.list().size(), place = index.integer();
  if (place < -size || place >= size)
    return fail(expression.children[1]->position, "the index " + Twine(place) +
                                                      " is outside a list of " +
                                                      Twine(size));
  return base.list()[place < 0 ? place + size : place];
}

Datum Evaluator::evaluateRange(const Expression &expression) {
  Datum base = evaluate(*expression.children[0]);
  if (base.isUnknown())
    return base;
  if (!base.isList())
    return fail(expression.position,
                base.describe() + " has no parts: it is no list");
  const Datum::List &list = base.list();
  int64_t size = list.size();
  int64_t ends[] = {0, size};
  for (unsigned i = 0; i < 2; ++i) {
    const Expression &child = *expression.children[i + 1];
    Datum end = evaluate(child);
    if (end.isUnknown())
      return end;
    if (end.isNull())
      continue;
    if (!end.isInt())
      return fail(child.position, "the end of a range must be a whole number, "
                                  "not " +
                                      end.describe());
    // As in Python: from the end if negative, and never outside.
    int64_t place = end.integer();
    ends[i] = std::clamp<int64_t>(place < 0 ? place + size : place, 0, size);
  }
  if (ends[0] >= ends[1])
    return Datum::of(Datum::List());
  if (!spend(budget.elements, ends[1] - ends[0], source.place))
    return Datum::unknown();
  return Datum::of(Datum::List(list.begin() + ends[0], list.begin() + ends[1]));
}

Datum Evaluator::evaluateComprehension(const Expression &expression) {
  Datum items = evaluate(*expression.children[1]);
  if (items.isUnknown())
    return items;
  if (!items.isList())
    return fail(expression.children[1]->position,
                "'for' needs a list, got " + items.describe());
  Datum::List results;
  bool anyUnknown = false;
  for (const Datum &item : items.list()) {
    if (!spend(budget.elements, 1, source.place))
      return Datum::unknown();
    InnerScope inner(scope, expression.text, item);
    Evaluator evaluator(source, inner, budget);
    evaluator.embedded = embedded;
    if (expression.children.size() > 2) {
      const Expression &condition = *expression.children[2];
      std::optional<bool> isTaken =
          evaluator.truth(evaluator.evaluate(condition), condition.position);
      if (!isTaken)
        return Datum::unknown();
      if (!*isTaken)
        continue;
    }
    results.push_back(evaluator.evaluate(*expression.children[0]));
    anyUnknown |= results.back().isUnknown();
  }
  return anyUnknown ? Datum::unknown() : Datum::of(std::move(results));
}

Datum Evaluator::evaluateCall(const Expression &expression) {
  SmallVector<Datum> arguments;
  for (const ExpressionPtr &child : expression.children)
    arguments.push_back(evaluate(*child));
  if (!llvm::is_contained(getFunctionNames(), expression.text))
    return fail(expression.position,
                "unknown function '" + expression.text + "'" +
                    suggest(expression.text, getFunctionNames()));
  if (llvm::any_of(arguments, [](const Datum &d) { return d.isUnknown(); }))
    return Datum::unknown();
  std::string error;
  Datum result = applyFunction(expression.text, arguments, budget, error);
  return error.empty() ? result : fail(expression.position, error);
}

Datum Evaluator::evaluateUnary(const Expression &expression) {
  Datum operand = evaluate(*expression.children[0]);
  if (operand.isUnknown())
    return operand;
  if (expression.text == "not") {
    std::optional<bool> value = truth(operand, expression.position);
    return value ? Datum::of(!*value) : Datum::unknown();
  }
  // 0 - x, so that the least integer is caught as any overflow.
  std::string error;
  Datum zero = operand.isFloat() ? Datum::of(0.0) : Datum::of(int64_t(0));
  Datum result =
      applyOperator(expression.text, zero, operand, scope, budget, error);
  return error.empty() ? result : fail(expression.position, error);
}

std::optional<bool> Evaluator::truth(const Datum &datum, size_t position) {
  switch (datum.kind()) {
  case Datum::Kind::Unknown:
    return std::nullopt;
  case Datum::Kind::Null:
    return false;
  case Datum::Kind::Bool:
    return datum.boolean();
  case Datum::Kind::String:
    return !datum.string().empty();
  case Datum::Kind::Tensor:
    return true;
  default:
    fail(position, "expected a truth value, got " + datum.describe() +
                       "; compare it with something");
    return std::nullopt;
  }
}

Datum Evaluator::evaluateBinary(const Expression &expression) {
  const Expression &leftChild = *expression.children[0];
  const Expression &rightChild = *expression.children[1];
  if (expression.text == "and" || expression.text == "or") {
    std::optional<bool> left = truth(evaluate(leftChild), leftChild.position);
    if (!left)
      return Datum::unknown();
    if (*left == (expression.text == "or"))
      return Datum::of(*left);
    std::optional<bool> right =
        truth(evaluate(rightChild), rightChild.position);
    return right ? Datum::of(*right) : Datum::unknown();
  }
  Datum left = evaluate(leftChild);
  Datum right = evaluate(rightChild);
  if (left.isUnknown() || right.isUnknown())
    return Datum::unknown();
  std::string error;
  Datum result =
      applyOperator(expression.text, left, right, scope, budget, error);
  return error.empty() ? result : fail(expression.position, error);
}

Datum Evaluator::evaluateList(const Expression &expression) {
  if (!spend(budget.elements, expression.children.size(), source.place))
    return Datum::unknown();
  Datum::List items;
  bool anyUnknown = false;
  for (const ExpressionPtr &child : expression.children) {
    items.push_back(evaluate(*child));
    anyUnknown |= items.back().isUnknown();
  }
  return anyUnknown ? Datum::unknown() : Datum::of(std::move(items));
}

Datum lathe::frontend::evaluateExpression(const SourceText &source,
                                          Scope &scope, Budget &budget) {
  if (!spend(budget.operations, source.text.size(), source.place))
    return Datum::unknown();
  ExpressionPtr expression = parseExpression(source);
  if (!expression)
    return Datum::unknown();
  return Evaluator(source, scope, budget).evaluate(*expression);
}

Datum lathe::frontend::evaluateTemplate(const SourceText &source, Scope &scope,
                                        Budget &budget) {
  if (!spend(budget.operations, source.text.size(), source.place))
    return Datum::unknown();
  std::optional<Template> parsed = parseTemplate(source);
  if (!parsed)
    return Datum::unknown();
  std::string text;
  bool anyUnknown = false;
  for (Template::Part &part : parsed->parts) {
    if (!part.expression) {
      text += part.literal;
      continue;
    }
    auto embedded = std::make_unique<Expression>(
        Expression{Expression::Kind::Embedded, part.expression->position});
    embedded->children.push_back(std::move(part.expression));
    Datum value = Evaluator(source, scope, budget).evaluate(*embedded);
    if (parsed->parts.size() == 1)
      return value;
    anyUnknown |= value.isUnknown();
    text += value.str();
  }
  if (anyUnknown || !spend(budget.elements, text.size(), source.place))
    return Datum::unknown();
  return Datum::of(std::move(text));
}
