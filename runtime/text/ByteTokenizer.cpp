//===- ByteTokenizer.cpp - Bytes as tokens --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Tokenizer.h"

using namespace lathe::runtime;
using namespace lathe::runtime::text;

namespace {
class ByteTokenizer : public Tokenizer {
public:
  explicit ByteTokenizer(int64_t offset) : offset(offset) {}

  Result<Tokens> encode(std::string_view text) const override {
    Tokens tokens;
    for (char byte : text)
      tokens.push_back(offset + static_cast<unsigned char>(byte));
    return tokens;
  }
  std::string decode(std::span<const int64_t> tokens) const override {
    std::string bytes;
    for (int64_t token : tokens)
      if (token >= offset && token < size())
        bytes += static_cast<char>(token - offset);
    return bytes;
  }
  int64_t size() const override { return offset + 256; }
  std::string kind() const override {
    return offset ? concat("bytes, from ", offset, " on") : "bytes";
  }

private:
  int64_t offset;
};
} // namespace

std::unique_ptr<Tokenizer> text::makeByteTokenizer(int64_t offset) {
  return std::make_unique<ByteTokenizer>(offset);
}
