//===- SentencePiece.cpp - Tokenizers of sentencepiece --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Debian has sentencepiece as a shared library only, which programs cannot
// bring along; the files are simple, and their algorithms are those of
// tokenizer.json for the most part.
//
//===----------------------------------------------------------------------===//

#include "runtime/text/SentencePiece.h"
#include "runtime/text/Protobuf.h"
#include "runtime/text/Utf8.h"
#include <cmath>
#include <limits>
#include <stdexcept>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

/// What stands for a space, U+2581.
static constexpr std::string_view spaceSymbol = "\xE2\x96\x81";

//===--- Reading ----------------------------------------------------------===//

static SentencePieces::Piece readPiece(std::string_view bytes) {
  SentencePieces::Piece piece;
  forEachField(bytes, [&](const ProtobufField &field) {
    if (field.number == 1)
      piece.text = field.bytes;
    else if (field.number == 2)
      piece.score = field.real();
    else if (field.number == 3)
      piece.type = static_cast<int>(field.value);
  });
  if (piece.type < SentencePieces::Normal || piece.type > SentencePieces::Byte)
    failWith(concat("the piece ", quote(piece.text), " is of the type ",
                    piece.type, ", which is not known"));
  if (piece.text.empty() || !std::isfinite(piece.score))
    failWith(concat("the piece ", quote(piece.text),
                    " must have a text and a score"));
  return piece;
}

static void readTrainer(std::string_view bytes, SentencePieces &all) {
  forEachField(bytes, [&](const ProtobufField &field) {
    if (field.number == 3)
      all.modelType = static_cast<int64_t>(field.value);
    else if (field.number == 24 && field.value)
      failWith("'treat_whitespace_as_suffix' is not supported");
    else if (field.number == 35)
      all.hasByteFallback = field.value;
    else if (field.number == 44)
      all.unknownSurface = field.bytes;
  });
  if (all.modelType != 1 && all.modelType != 2)
    failWith(concat("its model is of the type ", all.modelType,
                    "; those that are supported: 1, unigram, and 2, BPE"));
}

static void readNormalizer(std::string_view bytes, SentencePieces &all) {
  forEachField(bytes, [&](const ProtobufField &field) {
    if (field.number == 2 && !field.bytes.empty())
      all.replacements.emplace(field.bytes);
    else if (field.number == 3)
      all.addsDummyPrefix = field.value;
    else if (field.number == 4)
      all.removesExtraSpaces = field.value;
    else if (field.number == 5)
      all.escapesSpaces = field.value;
  });
}

SentencePieces text::readPieces(std::string_view bytes) {
  SentencePieces all;
  forEachField(bytes, [&](const ProtobufField &field) {
    if (field.number == 1)
      all.pieces.push_back(readPiece(field.bytes));
    else if (field.number == 2)
      readTrainer(field.bytes, all);
    else if (field.number == 3)
      readNormalizer(field.bytes, all);
    else if (field.number == 5)
      forEachField(field.bytes, [](const ProtobufField &part) {
        if (part.number == 2 && !part.bytes.empty())
          failWith("its 'denormalizer_spec' is not supported");
      });
  });
  int unknowns = 0;
  for (const auto &piece : all.pieces)
    unknowns += piece.type == SentencePieces::Unknown;
  if (unknowns != 1)
    failWith(concat("it has ", unknowns, " unknown pieces, wanted 1"));
  return all;
}

//===--- The tokenizer ----------------------------------------------------===//

namespace {
class SentencePiece : public Tokenizer {
public:
  explicit SentencePiece(SentencePieces given);

  Result<Tokens> encode(std::string_view text) const override {
    Tokens tokens;
    try {
      std::string normalised = normalise(text);
      if (!normalised.empty())
        model->tokenize(normalised, tokens);
    } catch (const std::runtime_error &error) {
      return Status(LATHE_BAD_VALUE, error.what());
    }
    return tokens;
  }
  std::string decode(std::span<const int64_t> tokens) const override;
  int64_t size() const override { return model->vocabulary.end(); }
  std::string kind() const override {
    return all.modelType == 1 ? "sentencepiece unigram" : "sentencepiece BPE";
  }

private:
  /// What the beginning of a text becomes, and how many bytes that replaces.
  std::pair<std::string_view, size_t> next(std::string_view text) const;
  std::string normalise(std::string_view text) const;

  SentencePieces all;
  Trie userDefined;
  std::unique_ptr<WordModel> model;
};
} // namespace

static std::unique_ptr<WordModel> makeUnigram(const SentencePieces &all) {
  auto model = std::make_unique<UnigramModel>();
  model->isSingle = true;
  model->hasByteFallback = all.hasByteFallback;
  float least = std::numeric_limits<float>::max();
  float most = std::numeric_limits<float>::lowest();
  for (const auto &piece : all.pieces)
    if (piece.type == SentencePieces::Normal) {
      least = std::min(least, piece.score);
      most = std::max(most, piece.score);
    }
  model->leastScore = least;
  for (const auto &piece : all.pieces) {
    // What a user defined beats every way to cut the same text.
    auto length = static_cast<float>(piece.text.size());
    float score = piece.type == SentencePieces::UserDefined
                      ? static_cast<float>(length * most - 0.1)
                      : piece.score;
    if (piece.type == SentencePieces::Unknown)
      model->unknown = model->vocabulary.end();
    model->add(piece.text, score,
               all.isFound(piece) && piece.type != SentencePieces::Unused);
  }
  return model;
}

SentencePiece::SentencePiece(SentencePieces given) : all(std::move(given)) {
  for (const auto &piece : all.pieces)
    if (piece.type == SentencePieces::UserDefined)
      userDefined.insert(piece.text, 0);
  if (all.modelType == 1)
    model = makeUnigram(all);
  else
    model = std::make_unique<SentencePieceBpe>(all);
}

std::pair<std::string_view, size_t>
SentencePiece::next(std::string_view text) const {
  size_t own = 0;
  userDefined.forEachPrefix(text, [&](size_t size, int64_t) { own = size; });
  if (own)
    return {text.substr(0, own), own};
  if (all.replacements)
    if (auto match = all.replacements->find(text, /*wantsLongest=*/true))
      return {match->content, match->size};
  Character character = firstCharacter(text);
  if (!character.isValid)
    return {replacement, 1};
  return {text.substr(0, character.size), character.size};
}

std::string SentencePiece::normalise(std::string_view text) const {
  std::string_view space = all.escapesSpaces ? spaceSymbol : " ";
  std::string result;
  bool wasSpace = all.removesExtraSpaces;
  bool isBegun = false; ///< Whether the prefix is written: never of nothing.
  while (!text.empty()) {
    auto [part, size] = next(text);
    text.remove_prefix(size);
    // Spaces at the beginning do not count, nor do those after a space.
    if (!isBegun && all.removesExtraSpaces && part == " ")
      continue;
    if (!isBegun && all.addsDummyPrefix)
      result += space;
    isBegun = true;
    while (wasSpace && part.starts_with(' '))
      part.remove_prefix(1);
    if (!part.empty()) {
      for (char c : part)
        result.append(c == ' ' ? space : std::string_view(&c, 1));
      wasSpace = part.ends_with(' ') && all.removesExtraSpaces;
    }
  }
  while (all.removesExtraSpaces && result.ends_with(space))
    result.resize(result.size() - space.size());
  return result;
}

std::string SentencePiece::decode(std::span<const int64_t> tokens) const {
  std::string text;
  bool isAtStart = all.addsDummyPrefix || all.removesExtraSpaces;
  for (int64_t token : tokens) {
    if (token < 0 || token >= size())
      continue;
    const auto &piece = all.pieces[static_cast<size_t>(token)];
    std::string_view rest = piece.text;
    if (piece.type == SentencePieces::Control)
      continue;
    if (piece.type == SentencePieces::Byte) {
      text += byteOf(piece.text).value_or('?');
      isAtStart = false;
      continue;
    }
    if (piece.type == SentencePieces::Unknown) {
      text += all.unknownSurface;
      isAtStart = false;
      continue;
    }
    bool hadSpace = isAtStart && rest.starts_with(spaceSymbol);
    if (hadSpace)
      rest.remove_prefix(spaceSymbol.size());
    while (!rest.empty()) {
      bool isSpace = rest.starts_with(spaceSymbol);
      text.append(isSpace ? " " : rest.substr(0, 1));
      rest.remove_prefix(isSpace ? spaceSymbol.size() : 1);
    }
    // One space stood for the beginning; all of them where more are removed.
    if (!text.empty() || (hadSpace && !all.removesExtraSpaces))
      isAtStart = false;
  }
  return text;
}

std::unique_ptr<Tokenizer> text::makeSentencePiece(SentencePieces pieces) {
  return std::make_unique<SentencePiece>(std::move(pieces));
}
