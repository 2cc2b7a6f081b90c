//===- Pipeline.h - A tokenizer made of parts -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_PIPELINE_H
#define LATHE_RUNTIME_TEXT_PIPELINE_H

#include "runtime/text/Decoder.h"
#include "runtime/text/Normalizer.h"
#include "runtime/text/PreTokenizer.h"
#include "runtime/text/WordModel.h"
#include <unordered_set>

namespace lathe::runtime::text {

/// A token that is found in a text before anything else happens to it.
struct AddedToken {
  int64_t id = 0;
  std::string content;
  bool isWord = false;       ///< Not within a word.
  bool stripsLeft = false;   ///< Takes the spaces before it.
  bool stripsRight = false;  ///< Takes the spaces behind it.
  bool isNormalized = false; ///< Found in the normalised text instead.
  bool isSpecial = false;    ///< Stands for no text.
};

/// Finds added tokens, leftmost and longest.
class AddedTokens {
public:
  void add(AddedToken token, const std::string &content);
  /// Cuts `text` into tokens and what is between them. Calls onText(part) and
  /// onToken(id).
  template <typename OnText, typename OnToken>
  void cut(std::string_view text, const OnText &onText,
           const OnToken &onToken) const;

private:
  Trie trie; ///< Places in `tokens`.
  std::vector<AddedToken> tokens;
};

/// The steps of tokenizer.json, in their order; a step may be null.
class Pipeline : public Tokenizer {
public:
  Result<Tokens> encode(std::string_view text) const override;
  std::string decode(std::span<const int64_t> tokens) const override;
  int64_t size() const override;
  std::string kind() const override { return name; }

  /// Behind the normalizer, which changes what is looked for.
  void addToken(AddedToken token);

  std::string name;
  Normalizer normalizer;
  PreTokenizer preTokenizer;
  std::unique_ptr<WordModel> model;
  Tokens before, after; ///< Around each text.
  Decoder decoder;

private:
  void encodeText(std::string_view text, bool &isFirst, Tokens &tokens) const;

  AddedTokens raw, normalised;
  Vocabulary added;
  std::unordered_set<int64_t> special;
};

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_PIPELINE_H
