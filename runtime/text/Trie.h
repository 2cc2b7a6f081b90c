//===- Trie.h - Texts by their beginnings ---------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_TRIE_H
#define LATHE_RUNTIME_TEXT_TRIE_H

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lathe::runtime::text {

/// A set of texts with a number each, to find those that a text begins with.
class Trie {
public:
  /// A text that is there already gets the new number.
  void insert(std::string_view text, int64_t number) {
    uint32_t node = 0;
    for (char byte : text) {
      auto [edge, isNew] =
          edges.try_emplace(keyOf(node, byte), uint32_t(numbers.size()));
      if (isNew)
        numbers.push_back(-1);
      node = edge->second;
    }
    numbers[node] = number;
  }

  /// Calls found(size, number) for each text that `text` begins with, the
  /// shortest first; none is empty.
  template <typename Found>
  void forEachPrefix(std::string_view text, const Found &found) const {
    uint32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      auto edge = edges.find(keyOf(node, text[i]));
      if (edge == edges.end())
        return;
      node = edge->second;
      if (numbers[node] >= 0)
        found(i + 1, numbers[node]);
    }
  }

private:
  static uint64_t keyOf(uint32_t node, char byte) {
    return uint64_t(node) << 8 | static_cast<unsigned char>(byte);
  }

  std::unordered_map<uint64_t, uint32_t> edges;
  std::vector<int64_t> numbers = {-1}; ///< By node; -1 if no text ends there.
};

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_TRIE_H
