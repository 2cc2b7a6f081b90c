//===- FuzzTokenizer.cpp - Any bytes as a tokenizer ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file is refused with a reason, or gives tokens below its size for a text,
// or a reason why it does not.
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Tokenizer.h"
#include <cstdlib>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char *>(data), size);
  // The kinds of files begin in different ways: JSON with a brace.
  const char *name = bytes.starts_with('{') ? "fuzzed.json" : "fuzzed.model";
  auto tokenizer = readTokenizer(name, bytes);
  if (!tokenizer) {
    if (tokenizer.status().message().empty())
      std::abort();
    return 0;
  }
  auto tokens =
      (*tokenizer)
          ->encode(
              "  Free software, don't 123 caf\xC3\xA9 \xE4\xBD\xA0\xE5\xA5\xBD "
              "\xF0\x9F\x99\x82 \xFF <s>\n");
  if (!tokens && tokens.status().message().empty())
    std::abort();
  if (!tokens)
    return 0;
  for (int64_t token : *tokens)
    if (token < 0 || token >= (*tokenizer)->size())
      std::abort();
  (*tokenizer)->decode(*tokens);
  return 0;
}
