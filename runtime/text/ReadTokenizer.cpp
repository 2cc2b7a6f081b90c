//===- ReadTokenizer.cpp - Tokenizers in files ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Tokenizer.h"

using namespace lathe::runtime;
using namespace lathe::runtime::text;

Result<std::unique_ptr<Tokenizer>> text::readTokenizer(const std::string &name,
                                                       std::string_view) {
  return Status(LATHE_BAD_FILE,
                concat(quote(name), " is a tokenizer's file of a kind that is "
                                    "not read yet; use 'tokenizer: bytes'"));
}
