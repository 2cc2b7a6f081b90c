//===- WordModel.cpp - Pieces of text to tokens ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/WordModel.h"
#include "runtime/text/Unicode.h"
#include <algorithm>
#include <charconv>
#include <ranges>
#include <stdexcept>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

void text::failWith(const std::string &message) {
  throw std::runtime_error(message);
}

//===--- Vocabulary -------------------------------------------------------===//

void Vocabulary::add(std::string text, int64_t id) {
  // No model has that many, and numbers are kept in 32 bits below.
  constexpr int64_t most = 1 << 24;
  if (id < 0 || id >= most)
    failWith(concat("the token ", quote(text), " has the number ", id,
                    ", wanted 0 to ", most - 1));
  greatest = std::max(greatest, id);
  texts[id] = text;
  ids[std::move(text)] = id;
}

std::optional<Tokens> Vocabulary::bytesOf(std::string_view text) const {
  Tokens tokens;
  for (unsigned char byte : text) {
    constexpr char digits[] = "0123456789ABCDEF";
    const char name[] = {'<', '0', 'x', digits[byte >> 4], digits[byte & 15],
                         '>'};
    std::optional<int64_t> token = find({name, sizeof name});
    if (!token)
      return std::nullopt;
    tokens.push_back(*token);
  }
  return tokens;
}

std::optional<char> text::byteOf(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with(">"))
    return std::nullopt;
  uint8_t byte = 0;
  auto [end, error] =
      std::from_chars(token.data() + 3, token.data() + 5, byte, 16);
  if (error != std::errc() || end != token.data() + 5)
    return std::nullopt;
  return static_cast<char>(byte);
}

//===--- Unigram ----------------------------------------------------------===//

void UnigramModel::add(std::string piece, double score, bool isFound) {
  auto id = static_cast<int64_t>(scores.size());
  if (isFound && !piece.empty())
    trie.insert(piece, id);
  scores.push_back(score);
  vocabulary.add(std::move(piece), id);
}

void UnigramModel::tokenize(std::string_view text, Tokens &tokens) const {
  struct Node {
    double score = 0;
    int64_t token = -1;      ///< The one that ends here on the best way.
    size_t begin = SIZE_MAX; ///< Where it begins; SIZE_MAX: no way leads here.
  };
  constexpr double unknownPenalty = 10;
  auto round = [&](double score) {
    return isSingle ? static_cast<double>(static_cast<float>(score)) : score;
  };
  double unknownScore = round(leastScore - unknownPenalty);
  std::vector<Node> nodes(text.size() + 1);
  size_t at = 0;
  for (std::string_view character : splitCharacters(text)) {
    bool hasCharacter = false;
    auto offer = [&](size_t size, int64_t token, double score) {
      Node &node = nodes[at + size];
      double candidate = round(nodes[at].score + score);
      if (node.begin == SIZE_MAX || candidate > node.score)
        node = {candidate, token, at};
    };
    trie.forEachPrefix(text.substr(at), [&](size_t size, int64_t token) {
      // Who writes the unknown token's name gets it, as part of what is
      // unknown.
      offer(size, token == unknown ? -1 : token,
            scores[static_cast<size_t>(token)]);
      hasCharacter |= size == character.size();
    });
    if (!hasCharacter)
      offer(character.size(), -1, unknownScore);
    at += character.size();
  }
  // From the end to the beginning; unknown characters side by side are one.
  std::vector<std::pair<std::string_view, int64_t>> found;
  for (size_t end = text.size(); end > 0;) {
    const Node &node = nodes[end];
    std::string_view piece = text.substr(node.begin, end - node.begin);
    if (node.token < 0 && !found.empty() && found.back().second < 0)
      found.back().first = {piece.data(),
                            piece.size() + found.back().first.size()};
    else
      found.emplace_back(piece, node.token);
    end = node.begin;
  }
  for (auto [piece, token] : std::views::reverse(found)) {
    std::optional<Tokens> bytes;
    bool isName = unknown && piece == *vocabulary.textOf(*unknown);
    if (token < 0 && hasByteFallback && !isName)
      bytes = vocabulary.bytesOf(piece);
    if (bytes)
      tokens.insert(tokens.end(), bytes->begin(), bytes->end());
    else if (token >= 0 || unknown)
      tokens.push_back(token >= 0 ? token : *unknown);
    else
      failWith(concat("the tokenizer has no token for ", quote(piece)));
  }
}

//===--- WordPiece and words ----------------------------------------------===//

void WordPieceModel::tokenize(std::string_view text, Tokens &tokens) const {
  auto characters = splitCharacters(text);
  Tokens found;
  for (size_t begin = 0; begin < characters.size();) {
    std::optional<int64_t> token;
    size_t end = std::ssize(characters) > longest ? begin : characters.size();
    for (; end > begin && !token; --end) {
      const char *first = characters[begin].data();
      std::string_view part(first, characters[end - 1].data() +
                                       characters[end - 1].size() - first);
      token = vocabulary.find(begin ? concat(continuingPrefix, part)
                                    : std::string(part));
    }
    if (!token) {
      tokens.push_back(unknown);
      return;
    }
    found.push_back(*token);
    begin = end + 1;
  }
  tokens.insert(tokens.end(), found.begin(), found.end());
}

void WordLevelModel::tokenize(std::string_view text, Tokens &tokens) const {
  std::optional<int64_t> token = vocabulary.find(text);
  if (!token)
    token = unknown;
  if (!token)
    failWith(concat("the tokenizer has no token for ", quote(text)));
  tokens.push_back(*token);
}
