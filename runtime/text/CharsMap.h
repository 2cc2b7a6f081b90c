//===- CharsMap.h - sentencepiece's tables of replacements ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_CHARSMAP_H
#define LATHE_RUNTIME_TEXT_CHARSMAP_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::runtime::text {

/// A "precompiled charsmap": the size of a double-array trie (Aoe, "An
/// efficient digital search algorithm by using a double-array structure",
/// 1989) in four bytes, the trie, and the texts that its leaves point at, a
/// zero byte behind each.
class CharsMap {
public:
  /// Throws std::runtime_error if the table is cut off.
  explicit CharsMap(std::string_view table);

  struct Match {
    size_t size;              ///< Bytes that are replaced,
    std::string_view content; ///< and what by.
  };
  /// The shortest, or the longest, beginning of `text` that is in the table.
  std::optional<Match> find(std::string_view text, bool wantsLongest) const;

private:
  std::vector<uint32_t> units;
  std::string contents;
};

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_CHARSMAP_H
