//===- ReadTokenizer.cpp - Tokenizers in files ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/JsonReader.h"
#include "runtime/text/SentencePiece.h"
#include <stdexcept>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

Result<std::unique_ptr<Tokenizer>> text::readTokenizer(const std::string &name,
                                                       std::string_view bytes) {
  try {
    if (name.ends_with(".json"))
      return std::unique_ptr<Tokenizer>(readTokenizerJson(bytes));
    if (name.ends_with(".model"))
      return makeSentencePiece(readPieces(bytes));
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &error) {
    return Status(LATHE_BAD_FILE, concat("the tokenizer ", quote(name),
                                         " is "
                                         "malformed or cannot be used: ",
                                         error.what()));
  }
  return Status(LATHE_BAD_FILE,
                concat("the tokenizer ", quote(name),
                       " must be a file that ends in .json or .model"));
}
