//===- Lexer.cpp - Tokens of the expression language ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Lexer.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::lathe::frontend;

static bool isNameCharacter(char c) { return llvm::isAlnum(c) || c == '_'; }

Token Lexer::make(Token::Kind kind, size_t length) {
  Token token{kind, position, source.text.substr(position, length)};
  position += length;
  return token;
}

Token Lexer::next() {
  StringRef rest = source.text.substr(position);
  position += rest.size() - rest.ltrim().size();
  rest = rest.ltrim();
  if (rest.empty())
    return make(Token::Kind::End, 0);
  char first = rest.front();
  if (llvm::isDigit(first))
    return lexNumber();
  if (isNameCharacter(first))
    return make(Token::Kind::Name, rest.take_while(isNameCharacter).size());
  if (first == '"' || first == '\'')
    return lexString(first);
  for (StringRef symbol : {"//", "**", "==", "!=", "<=", ">=", "${"})
    if (rest.starts_with(symbol))
      return make(Token::Kind::Symbol, 2);
  if (StringRef("+-*/%<>()[]{},.:").contains(first))
    return make(Token::Kind::Symbol, 1);
  // All bytes of one character of UTF-8.
  size_t length = 1;
  while (length < rest.size() && (rest[length] & 0xC0) == 0x80)
    ++length;
  emitError(source.at(position))
      << "unexpected '" << rest.take_front(length) << "' in an expression";
  return make(Token::Kind::Invalid, length);
}

Token Lexer::nextMember() {
  size_t length =
      source.text.substr(position).take_while(isNameCharacter).size();
  return length ? make(Token::Kind::Name, length) : next();
}

Token Lexer::lexNumber() {
  StringRef rest = source.text.substr(position);
  auto digits = [&](size_t from) {
    return rest.substr(from)
        .take_while([](char c) { return llvm::isDigit(c); })
        .size();
  };
  size_t length = digits(0);
  if (rest.substr(length).starts_with("."))
    length += 1 + digits(length + 1);
  if (rest.substr(length).starts_with_insensitive("e")) {
    size_t sign = length + 1;
    if (StringRef("+-").contains(rest.substr(sign).take_front(1)) &&
        sign < rest.size())
      ++sign;
    if (size_t exponent = digits(sign))
      length = sign + exponent;
  }
  size_t tail = rest.substr(length).take_while(isNameCharacter).size();
  if (!tail)
    return make(Token::Kind::Number, length);
  emitError(source.at(position))
      << "'" << rest.take_front(length + tail) << "' is no number";
  return make(Token::Kind::Invalid, length + tail);
}

Token Lexer::lexString(char quote) {
  size_t end = source.text.find(quote, position + 1);
  if (end == StringRef::npos) {
    emitError(source.at(position)) << "this string has no end";
    return make(Token::Kind::Invalid, source.text.size() - position);
  }
  Token token = make(Token::Kind::String, end + 1 - position);
  token.text = token.text.drop_front().drop_back();
  return token;
}
