//===- Expression.h - Expressions in specs --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   expression  = or ['if' or 'else' expression]
//   or          = and {'or' and}            and = not {'and' not}
//   not         = 'not' not | comparison
//   comparison  = sum [('==' | '!=' | '<' | '<=' | '>' | '>=') sum]
//   sum         = product {('+' | '-') product}
//   product     = sign {('*' | '/' | '//' | '%') sign}
//   sign        = ('-' | '+') sign | power      power = postfix ['**' sign]
//   postfix     = primary {'.' member | '[' expression ']' | '[' range ']'}
//   range       = [expression] ':' [expression]
//   primary     = number | string | name ['(' arguments ')'] | list
//               | '[' expression 'for' name 'in' or ['if' or] ']'
//               | '(' expression ')' | '${' expression '}'
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_EXPRESSION_H
#define LATHE_FRONTEND_EXPRESSION_H

#include "frontend/Datum.h"
#include "frontend/Yaml.h"
#include "mlir/IR/Location.h"

namespace mlir::lathe::frontend {

/// The block expansion that text is read in.
struct ExpansionSite {
  Location place;
  StringRef block;
};

/// Text of a spec and its place.
struct SourceText {
  StringRef text;
  Location place;
  /// Where the text starts behind `place`, if characters have places.
  std::optional<unsigned> offset = {};
  /// The expansion around it, if any.
  const ExpansionSite *site = nullptr;

  SourceText(StringRef text, Location place) : text(text), place(place) {}
  SourceText(const YamlNode &scalar, const ExpansionSite *site)
      : text(scalar.text), place(scalar.place), offset(scalar.textOffset),
        site(site) {}

  Location at(size_t position) const;
};

struct Expression {
  enum class Kind {
    Literal,
    /// `text`
    Name,
    /// children[0] . `text`
    Member,
    /// children[0] [children[1]]
    Index,
    /// children[0] [children[1]:children[2]]; a missing end is a null literal
    Range,
    /// [children[0] for `text` in children[1] if children[2]], the last
    /// optional
    Comprehension,
    /// `text` (children)
    Call,
    /// `text` children[0]
    Unary,
    /// children[0] `text` children[1]
    Binary,
    /// children[0] if children[1] else children[2]
    Conditional,
    List,
    /// ${children[0]}
    Embedded
  };
  Kind kind;
  size_t position;
  std::string text = {};
  Datum literal = Datum::null();
  std::vector<std::unique_ptr<Expression>> children = {};
  /// Levels of the tree below and with this node.
  unsigned height = 1;
};
using ExpressionPtr = std::unique_ptr<Expression>;

/// Parses the whole of `source` as one expression; reports mistakes and
/// returns null.
ExpressionPtr parseExpression(const SourceText &source);

/// Literal text and `${…}` in turns.
struct Template {
  struct Part {
    std::string literal;
    ExpressionPtr expression;
  };
  std::vector<Part> parts;
};

/// Splits `source` at its `${…}`; `$$` stands for a dollar sign.
std::optional<Template> parseTemplate(const SourceText &source);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_EXPRESSION_H
