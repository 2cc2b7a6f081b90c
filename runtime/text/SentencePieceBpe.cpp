//===- SentencePieceBpe.cpp - Byte pair encoding by scores ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/SentencePiece.h"
#include "runtime/text/Utf8.h"
#include <queue>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

SentencePieceBpe::SentencePieceBpe(const SentencePieces &all)
    : pieces(all.pieces), hasByteFallback(all.hasByteFallback) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    auto id = static_cast<int64_t>(i);
    vocabulary.add(pieces[i].text, id);
    if (all.isFound(pieces[i]))
      found[pieces[i].text] = id;
    if (pieces[i].type == SentencePieces::UserDefined)
      userDefined.insert(pieces[i].text, id);
    if (pieces[i].type == SentencePieces::Unknown)
      unknown = id;
  }
}

/// Stores the token of a piece. One that must not stand in a text is what it
/// was merged from.
void SentencePieceBpe::store(std::string_view piece, const Splits &splits,
                             Tokens &tokens, bool &wasUnknown) const {
  auto known = found.find(std::string(piece));
  if (known != found.end() && pieces[static_cast<size_t>(known->second)].type ==
                                  SentencePieces::Unused) {
    auto split = splits.find(piece);
    if (split != splits.end()) {
      store(split->second.left, splits, tokens, wasUnknown);
      store(split->second.right, splits, tokens, wasUnknown);
      return;
    }
  }
  if (known != found.end()) {
    tokens.push_back(known->second);
    wasUnknown = false;
    return;
  }
  std::optional<Tokens> bytes;
  if (hasByteFallback)
    bytes = vocabulary.bytesOf(piece);
  if (bytes)
    tokens.insert(tokens.end(), bytes->begin(), bytes->end());
  else if (!wasUnknown)
    tokens.push_back(unknown);
  wasUnknown = !bytes;
}

void SentencePieceBpe::tokenize(std::string_view text, Tokens &tokens) const {
  struct Symbol {
    std::string_view text; ///< Empty once it is merged into the one before.
    bool isFrozen;         ///< A piece that the model's user defined.
    int64_t before, after;
  };
  struct Candidate {
    float score;
    int64_t left, right;
    size_t size; ///< Of both, to tell what has changed since.
    /// The order of a queue whose top is the greatest.
    bool operator<(const Candidate &other) const {
      return score != other.score ? score < other.score : left > other.left;
    }
  };
  std::vector<Symbol> symbols;
  for (size_t at = 0; at < text.size();) {
    size_t size = 0;
    userDefined.forEachPrefix(text.substr(at),
                              [&](size_t length, int64_t) { size = length; });
    bool isFrozen = size > 0;
    if (!isFrozen)
      size = firstCharacter(text.substr(at)).size;
    int64_t place = std::ssize(symbols);
    symbols.push_back({text.substr(at, size), isFrozen, place - 1, place + 1});
    at += size;
  }
  symbols.back().after = -1;
  std::priority_queue<Candidate> queue;
  Splits splits;
  auto consider = [&](int64_t left, int64_t right) {
    if (left < 0 || right < 0 || symbols[left].isFrozen ||
        symbols[right].isFrozen)
      return;
    const std::string_view &first = symbols[left].text;
    std::string_view both(first.data(),
                          first.size() + symbols[right].text.size());
    auto piece = found.find(std::string(both));
    if (piece == found.end())
      return;
    const auto &merged = pieces[static_cast<size_t>(piece->second)];
    queue.push({merged.score, left, right, both.size()});
    if (merged.type == SentencePieces::Unused)
      splits[both] = {first, symbols[right].text};
  };
  for (int64_t i = 1; i < std::ssize(symbols); ++i)
    consider(i - 1, i);
  while (!queue.empty()) {
    Candidate next = queue.top();
    queue.pop();
    Symbol &left = symbols[next.left], &right = symbols[next.right];
    if (left.text.empty() || right.text.empty() ||
        left.text.size() + right.text.size() != next.size)
      continue;
    left.text = {left.text.data(), next.size};
    left.after = right.after;
    if (right.after >= 0)
      symbols[right.after].before = next.left;
    right.text = {};
    consider(left.before, next.left);
    consider(next.left, left.after);
  }
  bool wasUnknown = false;
  for (int64_t i = 0; i >= 0; i = symbols[i].after)
    store(symbols[i].text, splits, tokens, wasUnknown);
}
