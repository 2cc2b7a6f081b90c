//===- Parser.cpp - Expressions in specs ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Locations.h"
#include "frontend/Lexer.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

// Parsing recurses this deep at most, evaluation that deep.
static constexpr unsigned mostDepth = 100;
static constexpr unsigned mostHeight = 500;
static constexpr size_t mostChildren = 1000;

Location SourceText::at(size_t position) const {
  Location result = place;
  if (offset)
    if (FileLineColLoc file = getFilePlace(place))
      result = FileLineColLoc::get(file.getFilename(), file.getLine(),
                                   file.getColumn() + *offset + position);
  return site ? makeExpandedLocation(result, site->place, site->block) : result;
}

namespace {
/// Every function returns null after a mistake that it reported.
class Parser {
public:
  Parser(const SourceText &source, size_t start)
      : source(source), lexer(source, start), token(lexer.next()) {}

  ExpressionPtr parseWhole() {
    ExpressionPtr result = parseConditional();
    if (result && token.kind != Token::Kind::End)
      return fail("expected an operator or the end of the expression");
    return result;
  }

  /// The inside of `${…}`; `end` becomes the position behind the brace.
  ExpressionPtr parseEmbedded(size_t &end) {
    ExpressionPtr result = parseConditional();
    if (result && !token.isSymbol("}"))
      return fail("expected '}'");
    end = token.position + 1;
    return result;
  }

private:
  using Rule = ExpressionPtr (Parser::*)();

  ExpressionPtr fail(const Twine &message) {
    if (token.kind == Token::Kind::Invalid)
      return nullptr; // The lexer has reported it.
    InFlightDiagnostic diagnostic = emitError(source.at(token.position))
                                    << message;
    if (token.kind == Token::Kind::End)
      diagnostic << ", got the end";
    else
      diagnostic << ", got '" << token.text << "'";
    return nullptr;
  }

  void advance() { token = lexer.next(); }
  bool accept(StringRef symbol) {
    bool found = token.isSymbol(symbol);
    if (found)
      advance();
    return found;
  }
  bool acceptWord(StringRef word) {
    bool found = token.isName(word);
    if (found)
      advance();
    return found;
  }

  template <typename... Children>
  ExpressionPtr make(Expression::Kind kind, size_t position, StringRef text,
                     Children... children) {
    auto result =
        std::make_unique<Expression>(Expression{kind, position, text.str()});
    (result->children.push_back(std::move(children)), ...);
    return measure(std::move(result));
  }

  /// The expression, unless it is too high to evaluate.
  ExpressionPtr measure(ExpressionPtr expression) {
    for (const ExpressionPtr &child : expression->children)
      expression->height = std::max(expression->height, child->height + 1);
    if (expression->height <= mostHeight)
      return expression;
    emitError(source.at(expression->position))
        << "the expression has more than " << mostHeight
        << " operators in a chain";
    return nullptr;
  }

  /// A chain of left-associative operators.
  ExpressionPtr parseChain(ArrayRef<StringRef> operators, Rule operand) {
    ExpressionPtr left = (this->*operand)();
    while (left) {
      bool isOperator = (token.kind == Token::Kind::Symbol ||
                         token.kind == Token::Kind::Name) &&
                        llvm::is_contained(operators, token.text);
      if (!isOperator)
        return left;
      Token op = token;
      advance();
      ExpressionPtr right = (this->*operand)();
      if (!right)
        return nullptr;
      left = make(Expression::Kind::Binary, op.position, op.text,
                  std::move(left), std::move(right));
    }
    return nullptr;
  }

  ExpressionPtr parseConditional() {
    if (++depth > mostDepth)
      return fail("expected less than 100 levels of nesting");
    llvm::scope_exit leave([&] { --depth; });
    ExpressionPtr value = parseOr();
    size_t position = token.position;
    if (!value || !acceptWord("if"))
      return value;
    ExpressionPtr condition = parseOr();
    if (!condition)
      return nullptr;
    if (!acceptWord("else"))
      return fail("expected 'else'");
    ExpressionPtr otherwise = parseConditional();
    if (!otherwise)
      return nullptr;
    return make(Expression::Kind::Conditional, position, "if", std::move(value),
                std::move(condition), std::move(otherwise));
  }

  ExpressionPtr parseOr() { return parseChain({"or"}, &Parser::parseAnd); }
  ExpressionPtr parseAnd() { return parseChain({"and"}, &Parser::parseNot); }
  ExpressionPtr parseNot() {
    if (!token.isName("not"))
      return parseComparison();
    return parseUnary(&Parser::parseNot);
  }

  ExpressionPtr parseComparison() {
    ExpressionPtr left = parseSum();
    static constexpr StringRef operators[] = {"==", "!=", "<", "<=", ">", ">="};
    if (!left || token.kind != Token::Kind::Symbol ||
        !llvm::is_contained(operators, token.text))
      return left;
    Token op = token;
    advance();
    ExpressionPtr right = parseSum();
    if (!right)
      return nullptr;
    return make(Expression::Kind::Binary, op.position, op.text, std::move(left),
                std::move(right));
  }

  ExpressionPtr parseSum() {
    return parseChain({"+", "-"}, &Parser::parseProduct);
  }
  ExpressionPtr parseProduct() {
    return parseChain({"*", "/", "//", "%"}, &Parser::parseSign);
  }
  ExpressionPtr parseSign() {
    if (token.isSymbol("-") || token.isSymbol("+"))
      return parseUnary(&Parser::parseSign);
    ExpressionPtr base = parsePostfix();
    size_t position = token.position;
    if (!base || !accept("**"))
      return base;
    if (++depth > mostDepth)
      return fail("expected less than 100 levels of nesting");
    llvm::scope_exit leave([&] { --depth; });
    ExpressionPtr exponent = parseSign();
    if (!exponent)
      return nullptr;
    return make(Expression::Kind::Binary, position, "**", std::move(base),
                std::move(exponent));
  }

  ExpressionPtr parseUnary(Rule operand) {
    if (++depth > mostDepth)
      return fail("expected less than 100 levels of nesting");
    llvm::scope_exit leave([&] { --depth; });
    Token op = token;
    advance();
    ExpressionPtr child = (this->*operand)();
    if (!child)
      return nullptr;
    return make(Expression::Kind::Unary, op.position, op.text,
                std::move(child));
  }

  ExpressionPtr parsePostfix() {
    ExpressionPtr base = parsePrimary();
    while (base) {
      size_t position = token.position;
      if (token.isSymbol(".")) {
        token = lexer.nextMember();
        if (token.kind != Token::Kind::Name)
          return fail("expected a name after '.'");
        base = make(Expression::Kind::Member, token.position, token.text,
                    std::move(base));
        advance();
      } else if (accept("[")) {
        base = parseSubscript(std::move(base), position);
      } else {
        return base;
      }
    }
    return nullptr;
  }

  /// What follows `base[`.
  ExpressionPtr parseSubscript(ExpressionPtr base, size_t position) {
    ExpressionPtr first = parseRangeEnd();
    if (!first)
      return nullptr;
    if (accept(":")) {
      ExpressionPtr last = parseRangeEnd();
      if (!last)
        return nullptr;
      if (!accept("]"))
        return fail("expected ']'");
      ExpressionPtr range = make(Expression::Kind::Range, position, "",
                                 std::move(base), std::move(first));
      range->children.push_back(std::move(last));
      return measure(std::move(range));
    }
    if (first->kind == Expression::Kind::Literal && first->literal.isNull())
      return fail("expected a value");
    if (!accept("]"))
      return fail("expected ']'");
    return make(Expression::Kind::Index, position, "", std::move(base),
                std::move(first));
  }

  /// An end of a range, or a null literal where it is left out.
  ExpressionPtr parseRangeEnd() {
    if (token.isSymbol(":") || token.isSymbol("]"))
      return makeLiteral(token.position, Datum::null());
    return parseConditional();
  }

  /// What follows `[item for`, up to the closing bracket.
  ExpressionPtr parseComprehension(ExpressionPtr item, size_t position) {
    if (token.kind != Token::Kind::Name)
      return fail("expected a name after 'for'");
    StringRef variable = token.text;
    advance();
    if (!token.isName("in"))
      return fail("expected 'in'");
    advance();
    ExpressionPtr items = parseOr();
    if (!items)
      return nullptr;
    ExpressionPtr result = make(Expression::Kind::Comprehension, position,
                                variable, std::move(item), std::move(items));
    if (token.isName("if")) {
      advance();
      ExpressionPtr condition = parseOr();
      if (!condition)
        return nullptr;
      result->children.push_back(std::move(condition));
    }
    if (!accept("]"))
      return fail("expected ']'");
    return measure(std::move(result));
  }

  ExpressionPtr parsePrimary() {
    Token first = token;
    switch (first.kind) {
    case Token::Kind::Number:
      return parseNumber();
    case Token::Kind::String:
      advance();
      return makeLiteral(first.position, Datum::of(first.text.str()));
    case Token::Kind::Name:
      return parseName();
    default:
      break;
    }
    if (accept("("))
      return parseClosed(")");
    if (accept("${")) {
      ExpressionPtr inner = parseClosed("}");
      return inner ? make(Expression::Kind::Embedded, first.position, "",
                          std::move(inner))
                   : nullptr;
    }
    if (!accept("["))
      return fail("expected a value");
    ExpressionPtr list = make(Expression::Kind::List, first.position, "");
    if (accept("]"))
      return list;
    ExpressionPtr item = parseConditional();
    if (!item)
      return nullptr;
    if (token.isName("for")) {
      advance();
      return parseComprehension(std::move(item), first.position);
    }
    list->children.push_back(std::move(item));
    if (!token.isSymbol("]") && !accept(","))
      return fail("expected ',', 'for' or ']'");
    return parseItems(*list, "]") ? measure(std::move(list)) : nullptr;
  }

  ExpressionPtr parseClosed(StringRef close) {
    ExpressionPtr inner = parseConditional();
    if (inner && !accept(close))
      return fail("expected '" + close + "'");
    return inner;
  }

  /// Items up to `close`, which is consumed; a comma may stand before it.
  bool parseItems(Expression &parent, StringRef close) {
    while (!accept(close)) {
      ExpressionPtr item = parseConditional();
      if (!item)
        return false;
      parent.children.push_back(std::move(item));
      if (parent.children.size() > mostChildren)
        return fail("expected at most 1000 items") != nullptr;
      if (!token.isSymbol(close) && !accept(","))
        return fail("expected ',' or '" + close + "'") != nullptr;
    }
    return true;
  }

  ExpressionPtr makeLiteral(size_t position, Datum value) {
    ExpressionPtr result = make(Expression::Kind::Literal, position, "");
    result->literal = std::move(value);
    return result;
  }

  ExpressionPtr parseNumber() {
    Token number = token;
    advance();
    int64_t integer;
    if (!number.text.getAsInteger(10, integer))
      return makeLiteral(number.position, Datum::of(integer));
    if (llvm::all_of(number.text, [](char c) { return llvm::isDigit(c); })) {
      emitError(source.at(number.position))
          << "the number " << number.text << " is too large";
      return nullptr;
    }
    double value;
    if (number.text.getAsDouble(value) || !std::isfinite(value)) {
      emitError(source.at(number.position))
          << "'" << number.text << "' is no number";
      return nullptr;
    }
    return makeLiteral(number.position, Datum::of(value));
  }

  ExpressionPtr parseName() {
    Token name = token;
    for (StringRef word : {"if", "else", "and", "or", "not", "for"})
      if (name.text == word)
        return fail("expected a value");
    advance();
    if (name.text == "true" || name.text == "false")
      return makeLiteral(name.position, Datum::of(name.text == "true"));
    if (name.text == "null")
      return makeLiteral(name.position, Datum::null());
    if (!accept("("))
      return make(Expression::Kind::Name, name.position, name.text);
    ExpressionPtr call = make(Expression::Kind::Call, name.position, name.text);
    return parseItems(*call, ")") ? measure(std::move(call)) : nullptr;
  }

  const SourceText &source;
  Lexer lexer;
  Token token;
  unsigned depth = 0;
};
} // namespace

ExpressionPtr lathe::frontend::parseExpression(const SourceText &source) {
  return Parser(source, 0).parseWhole();
}

std::optional<Template>
lathe::frontend::parseTemplate(const SourceText &source) {
  Template result;
  std::string literal;
  StringRef text = source.text;
  for (size_t position = 0; position < text.size();) {
    if (text.substr(position).starts_with("$$")) {
      literal += '$';
      position += 2;
    } else if (!text.substr(position).starts_with("${")) {
      literal += text[position++];
    } else {
      if (!literal.empty())
        result.parts.push_back({std::move(literal), nullptr});
      literal.clear();
      ExpressionPtr inner =
          Parser(source, position + 2).parseEmbedded(position);
      if (!inner)
        return std::nullopt;
      result.parts.push_back({"", std::move(inner)});
    }
  }
  if (!literal.empty() || result.parts.empty())
    result.parts.push_back({std::move(literal), nullptr});
  return result;
}
