//===- TextOptions.h - The options of programs that write text ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_TEXTOPTIONS_H
#define LATHE_RUNTIME_TEXT_TEXTOPTIONS_H

#include "runtime/text/Generator.h"

namespace lathe::runtime::text {

/// What a program is asked to do with text.
struct TextOptions {
  std::optional<std::string> prompt;
  std::string promptFile;              ///< "-": the standard input.
  std::optional<std::string> tokenize; ///< Only print its tokens.
  bool chat = false;
  std::string system; ///< For {system} of the template.
  int64_t length = 0; ///< The most tokens to write; 0: as many as there fit.
  Sampling sampling;
  std::string tokenizer; ///< A file; empty: the model's own.
  std::string weights;   ///< Empty: where the model looks.
  uint32_t threads = 0;  ///< 0: every processor.
};

/// Whether one of the arguments is an option that only text has.
bool asksForText(std::span<const char *const> arguments);

/// Reads the arguments after the program's name.
Result<TextOptions> parseTextOptions(std::span<const char *const> arguments);

void printTextHelp(const char *program, FILE *stream);

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_TEXTOPTIONS_H
