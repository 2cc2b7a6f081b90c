//===- BpeModel.cpp - Byte pair encoding ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Unicode.h"
#include "runtime/text/WordModel.h"
#include <queue>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

static uint64_t keyOf(int64_t left, int64_t right) {
  return static_cast<uint64_t>(left) << 32 | static_cast<uint64_t>(right);
}

void BpeModel::addMerge(std::string_view left, std::string_view right) {
  auto find = [&](std::string_view text) {
    std::optional<int64_t> token = vocabulary.find(text);
    if (!token)
      failWith(concat("a merge makes or takes ", quote(text),
                      ", which is no token"));
    return *token;
  };
  if (right.size() < continuingPrefix.size())
    failWith(concat("a merge takes ", quote(right), ", which lacks the prefix ",
                    quote(continuingPrefix)));
  int64_t merged = find(concat(left, right.substr(continuingPrefix.size())));
  merges[keyOf(find(left), find(right))] = {mergeCount++, merged};
}

/// The tokens of the characters.
Tokens BpeModel::split(std::string_view text) const {
  Tokens tokens;
  bool isUnknown = false; ///< Whether the last characters are, not yet stored.
  auto finishUnknown = [&] {
    if (isUnknown)
      tokens.push_back(*unknown);
    isUnknown = false;
  };
  auto characters = splitCharacters(text);
  for (size_t i = 0; i < characters.size(); ++i) {
    std::string symbol = concat(i ? continuingPrefix : "", characters[i],
                                i + 1 == characters.size() ? endSuffix : "");
    if (std::optional<int64_t> token = vocabulary.find(symbol)) {
      finishUnknown();
      tokens.push_back(*token);
      continue;
    }
    std::optional<Tokens> bytes;
    if (hasByteFallback)
      bytes = vocabulary.bytesOf(symbol);
    if (bytes) {
      tokens.insert(tokens.end(), bytes->begin(), bytes->end());
    } else if (unknown) {
      if (!fusesUnknown)
        finishUnknown();
      isUnknown = true;
    }
  }
  finishUnknown();
  return tokens;
}

void BpeModel::tokenize(std::string_view text, Tokens &tokens) const {
  if (ignoresMerges)
    if (std::optional<int64_t> whole = vocabulary.find(text)) {
      tokens.push_back(*whole);
      return;
    }
  struct Symbol {
    int64_t token;
    int64_t before, after; ///< Neighbours; -1 for none.
    bool isGone = false;
  };
  struct Candidate {
    int64_t rank, place, token;
    /// The order of a queue whose top is the least.
    bool operator<(const Candidate &other) const {
      return rank != other.rank ? rank > other.rank : place > other.place;
    }
  };
  std::vector<Symbol> symbols;
  for (int64_t token : split(text)) {
    int64_t place = std::ssize(symbols);
    symbols.push_back({token, place - 1, place + 1});
  }
  if (symbols.empty())
    return;
  symbols.back().after = -1;
  std::priority_queue<Candidate> queue;
  auto mergeAt = [&](int64_t place) -> const Merge * {
    if (place < 0 || symbols[place].after < 0)
      return nullptr;
    auto merge = merges.find(
        keyOf(symbols[place].token, symbols[symbols[place].after].token));
    return merge == merges.end() ? nullptr : &merge->second;
  };
  auto consider = [&](int64_t place) {
    if (const Merge *merge = mergeAt(place))
      queue.push({merge->rank, place, merge->token});
  };
  for (int64_t i = 0; i < std::ssize(symbols); ++i)
    consider(i);
  while (!queue.empty()) {
    Candidate next = queue.top();
    queue.pop();
    Symbol &left = symbols[next.place];
    const Merge *merge = left.isGone ? nullptr : mergeAt(next.place);
    // Other merges may have changed what was here.
    if (!merge || merge->token != next.token)
      continue;
    Symbol &right = symbols[left.after];
    right.isGone = true;
    left.token = next.token;
    left.after = right.after;
    if (left.after >= 0)
      symbols[left.after].before = next.place;
    consider(left.before);
    consider(next.place);
  }
  for (const Symbol &symbol : symbols)
    if (!symbol.isGone)
      tokens.push_back(symbol.token);
}
