//===- Tokenize.cpp - Tokens of many texts --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// usage: lathe-tokenize FILE <texts
//
// For each line of the input, a text in hexadecimal: its tokens, a tab, and the
// text that they are decoded to, in hexadecimal again; or "error" and why.
// Compared with other libraries by compare_tokenizers.py.
//
//===----------------------------------------------------------------------===//

#include "runtime/File.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/Utf8.h"
#include <iostream>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

int main(int count, char **arguments) {
  if (count != 2)
    return 2;
  auto file = MappedFile::open(arguments[1]);
  if (!file) {
    std::cerr << file.status().message() << "\n";
    return 1;
  }
  auto tokenizer =
      readTokenizer(arguments[1], {reinterpret_cast<const char *>(file->data()),
                                   static_cast<size_t>(file->size())});
  if (!tokenizer) {
    std::cerr << tokenizer.status().message() << "\n";
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    std::string text;
    for (size_t i = 0; i + 1 < line.size(); i += 2)
      text += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    Result<Tokens> tokens = (*tokenizer)->encode(text);
    if (!tokens) {
      std::cout << "error " << tokens.status().message() << "\n";
      continue;
    }
    for (int64_t token : *tokens)
      std::cout << token << " ";
    std::cout << "\t";
    for (unsigned char byte : toValidUtf8((*tokenizer)->decode(*tokens)))
      std::cout << "0123456789abcdef"[byte >> 4]
                << "0123456789abcdef"[byte & 15];
    std::cout << "\n";
  }
}
