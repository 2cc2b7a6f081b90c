//===- SentencePiece.h - Tokenizers of sentencepiece ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_SENTENCEPIECE_H
#define LATHE_RUNTIME_TEXT_SENTENCEPIECE_H

#include "runtime/text/CharsMap.h"
#include "runtime/text/WordModel.h"

namespace lathe::runtime::text {

/// What a .model file says of its pieces.
struct SentencePieces {
  enum Type { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };
  struct Piece {
    std::string text;
    float score = 0;
    int type = Normal;
  };

  bool isFound(const Piece &piece) const {
    return piece.type == Normal || piece.type == UserDefined ||
           piece.type == Unused;
  }

  std::vector<Piece> pieces;
  int64_t modelType = 1; ///< 1: unigram, 2: BPE.
  bool hasByteFallback = false;
  std::string unknownSurface = " \xE2\x81\x87 ";
  std::optional<CharsMap> replacements;
  bool addsDummyPrefix = true;
  bool removesExtraSpaces = true;
  bool escapesSpaces = true;
};

/// sentencepiece's kind of byte pair encoding: neighbours that make a piece are
/// merged, those of the highest score first, whatever they were made of.
class SentencePieceBpe : public WordModel {
public:
  explicit SentencePieceBpe(const SentencePieces &all);
  void tokenize(std::string_view text, Tokens &tokens) const override;

private:
  struct Parts {
    std::string_view left, right;
  };
  using Splits = std::unordered_map<std::string_view, Parts>;
  void store(std::string_view piece, const Splits &splits, Tokens &tokens,
             bool &wasUnknown) const;

  std::vector<SentencePieces::Piece> pieces;
  Trie userDefined;
  std::unordered_map<std::string, int64_t> found;
  int64_t unknown = 0;
  bool hasByteFallback;
};

/// Reads a .model file. Throws std::runtime_error.
SentencePieces readPieces(std::string_view bytes);

std::unique_ptr<Tokenizer> makeSentencePiece(SentencePieces pieces);

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_SENTENCEPIECE_H
