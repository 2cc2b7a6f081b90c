//===- Tokenizer.h - Text to tokens and back ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_TOKENIZER_H
#define LATHE_RUNTIME_TEXT_TOKENIZER_H

#include "runtime/Status.h"
#include <memory>
#include <span>
#include <vector>

namespace lathe::runtime::text {

using Tokens = std::vector<int64_t>;

class Tokenizer {
public:
  virtual ~Tokenizer() = default;

  /// The tokens of any bytes, with those that the tokenizer puts around a text.
  /// Fails with a message where the tokenizer has none for a part of it.
  virtual Result<Tokens> encode(std::string_view text) const = 0;
  /// The bytes that tokens stand for, without special tokens. They may begin or
  /// end within a character. Numbers of no token stand for nothing.
  virtual std::string decode(std::span<const int64_t> tokens) const = 0;
  /// One more than the greatest token.
  virtual int64_t size() const = 0;
  /// "bytes", "BPE"; for people.
  virtual std::string kind() const = 0;
};

/// Token `offset + b` is the byte b.
std::unique_ptr<Tokenizer> makeByteTokenizer(int64_t offset);

/// The tokenizer in the file `name`, which holds `bytes`. Fails with a message
/// that names the file where it is malformed, or asks for what is not known.
Result<std::unique_ptr<Tokenizer>> readTokenizer(const std::string &name,
                                                 std::string_view bytes);

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_TOKENIZER_H
