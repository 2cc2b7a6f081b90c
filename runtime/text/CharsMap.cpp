//===- CharsMap.cpp - sentencepiece's tables of replacements --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/CharsMap.h"
#include "runtime/text/WordModel.h"

using namespace lathe::runtime;
using namespace lathe::runtime::text;

namespace {
/// One element of the trie: a node, or the value of a leaf.
struct Unit {
  uint32_t bits;

  bool hasLeaf() const { return bits >> 8 & 1; }
  uint32_t value() const { return bits & 0x7FFFFFFF; }
  /// The byte that leads here; that of a value is none.
  uint32_t label() const { return bits & 0x800000FF; }
  uint32_t offset() const { return (bits >> 10) << ((bits & 0x200) >> 6); }
};
} // namespace

static uint32_t readNumber(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 4; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

CharsMap::CharsMap(std::string_view table) {
  size_t bytes = table.size() < 4 ? SIZE_MAX : readNumber(table, 0);
  if (bytes % 4 != 0 || bytes == 0 || bytes > table.size() - 4)
    failWith("its precompiled charsmap is cut off");
  for (size_t at = 4; at < 4 + bytes; at += 4)
    units.push_back(readNumber(table, at));
  contents = table.substr(4 + bytes);
}

std::optional<CharsMap::Match> CharsMap::find(std::string_view text,
                                              bool wantsLongest) const {
  std::optional<Match> match;
  size_t place = Unit{units[0]}.offset();
  for (size_t i = 0; i < text.size() && text[i]; ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    place ^= byte;
    if (place >= units.size() || Unit{units[place]}.label() != byte)
      break;
    Unit unit = {units[place]};
    place ^= unit.offset();
    if (!unit.hasLeaf())
      continue;
    size_t begin = place < units.size() ? Unit{units[place]}.value() : SIZE_MAX;
    if (begin > contents.size())
      failWith("its precompiled charsmap points outside itself");
    std::string_view content = std::string_view(contents).substr(begin);
    match = {i + 1, content.substr(0, content.find('\0'))};
    if (!wantsLongest)
      break;
  }
  return match;
}
