//===- Lexer.h - Tokens of the expression language ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_LEXER_H
#define LATHE_FRONTEND_LEXER_H

#include "frontend/Expression.h"

namespace mlir::lathe::frontend {

struct Token {
  enum class Kind { End, Number, String, Name, Symbol, Invalid };
  Kind kind;
  size_t position;
  /// As it stands in the source; of a string, what is between the quotes.
  StringRef text;

  bool isSymbol(StringRef symbol) const {
    return kind == Kind::Symbol && text == symbol;
  }
  bool isName(StringRef name) const {
    return kind == Kind::Name && text == name;
  }
};

class Lexer {
public:
  Lexer(const SourceText &source, size_t start)
      : source(source), position(start) {}

  /// The next token; reports what is none as `Invalid`.
  Token next();
  /// A name after a dot, which may start with a digit: `body.0.conv`.
  Token nextMember();

private:
  Token make(Token::Kind kind, size_t length);
  Token lexNumber();
  Token lexString(char quote);

  const SourceText &source;
  size_t position;
};

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_LEXER_H
