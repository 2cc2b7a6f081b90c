//===- WordModel.h - Pieces of text to tokens -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The algorithms by which tokenizers cut a piece of text into tokens. Where
// several ways are equally good, the choice is that of the libraries that the
// tokenizers were trained with.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_WORDMODEL_H
#define LATHE_RUNTIME_TEXT_WORDMODEL_H

#include "runtime/text/Tokenizer.h"
#include "runtime/text/Trie.h"

namespace lathe::runtime::text {

/// Mistakes in a tokenizer's file and texts that it has no tokens for are
/// thrown as std::runtime_error; Pipeline and its readers catch them.
[[noreturn]] void failWith(const std::string &message);

/// Texts and their numbers.
class Vocabulary {
public:
  /// Numbers may have gaps and be in any order.
  void add(std::string text, int64_t id);
  std::optional<int64_t> find(std::string_view text) const {
    auto found = ids.find(std::string(text));
    return found == ids.end() ? std::nullopt : std::optional(found->second);
  }
  /// Null for a number of no text.
  const std::string *textOf(int64_t id) const {
    auto found = texts.find(id);
    return found == texts.end() ? nullptr : &found->second;
  }
  /// One more than the greatest number.
  int64_t end() const { return greatest + 1; }
  /// The tokens <0xE2>, … of the bytes, which are all there or nothing.
  std::optional<Tokens> bytesOf(std::string_view text) const;

private:
  std::unordered_map<std::string, int64_t> ids;
  std::unordered_map<int64_t, std::string> texts;
  int64_t greatest = -1;
};

/// The byte that a token such as "<0xE2>" stands for.
std::optional<char> byteOf(std::string_view token);

class WordModel {
public:
  virtual ~WordModel() = default;
  /// Appends the tokens of `text`, which is valid UTF-8 and not empty.
  virtual void tokenize(std::string_view text, Tokens &tokens) const = 0;

  Vocabulary vocabulary;
};

/// Byte pair encoding (Sennrich, Haddow, Birch, "Neural machine translation of
/// rare words with subword units", 2016): characters, of which the neighbours
/// that come first in a list are merged until none is left.
class BpeModel : public WordModel {
public:
  void addMerge(std::string_view left, std::string_view right);
  void tokenize(std::string_view text, Tokens &tokens) const override;

  std::optional<int64_t> unknown;
  bool fusesUnknown = false;
  bool hasByteFallback = false;
  bool ignoresMerges = false; ///< For a text that is a token itself.
  std::string continuingPrefix, endSuffix;

private:
  struct Merge {
    int64_t rank, token;
  };
  Tokens split(std::string_view text) const;

  std::unordered_map<uint64_t, Merge> merges;
  int64_t mergeCount = 0;
};

/// A unigram language model (Kudo, "Subword regularization", 2018): of all ways
/// to cut the text, the most probable one.
class UnigramModel : public WordModel {
public:
  /// Pieces are numbered as they are added. One that is not `isFound` never
  /// stands in a text.
  void add(std::string piece, double score, bool isFound = true);
  void tokenize(std::string_view text, Tokens &tokens) const override;

  std::optional<int64_t> unknown;
  bool hasByteFallback = false;
  /// Whether sums are rounded to single precision, as sentencepiece does.
  bool isSingle = false;
  double leastScore = 0; ///< Of pieces that count; an unknown one costs more.

private:
  std::vector<double> scores;
  Trie trie;
};

/// WordPiece (Schuster, Nakajima, "Japanese and Korean voice search", 2012):
/// the longest token that the rest of a word begins with, again and again.
class WordPieceModel : public WordModel {
public:
  void tokenize(std::string_view text, Tokens &tokens) const override;

  int64_t unknown = 0;
  std::string continuingPrefix;
  int64_t longest = 100; ///< In characters; longer words are unknown.
};

/// Words that are tokens.
class WordLevelModel : public WordModel {
public:
  void tokenize(std::string_view text, Tokens &tokens) const override;

  std::optional<int64_t> unknown;
};

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_WORDMODEL_H
