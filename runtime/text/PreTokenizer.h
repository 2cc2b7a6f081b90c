//===- PreTokenizer.h - Cutting a text into pieces ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_PRETOKENIZER_H
#define LATHE_RUNTIME_TEXT_PRETOKENIZER_H

#include "runtime/text/Regex.h"
#include <array>
#include <string>
#include <vector>

namespace lathe::runtime::text {

/// A part of a text that no token reaches across.
struct Piece {
  std::string text;
  bool isFirst = false; ///< Whether the whole text begins with it.
};
using Pieces = std::vector<Piece>;

/// Cuts pieces further. Named as the types of tokenizer.json are. None leaves
/// an empty piece.
using PreTokenizer = std::function<Pieces(Pieces)>;

/// What becomes of what a pattern matches.
enum class SplitBehavior {
  Removed,
  Isolated,
  MergedWithPrevious,
  MergedWithNext,
  Contiguous
};

PreTokenizer makeSplit(Regex pattern, SplitBehavior behavior, bool inverts);
/// Isolated, removed, … characters that `isDelimiter` says yes to.
PreTokenizer makeCharacterSplit(bool (*isDelimiter)(uint32_t),
                                SplitBehavior behavior);
/// Runs of characters of words, and runs of all but these and spaces.
PreTokenizer makeWhitespace();
enum class PrependScheme { First, Never, Always };
PreTokenizer makeMetaspace(std::string replacement, PrependScheme scheme,
                           bool splits);
/// Bytes as characters that can be seen; before, words as GPT-2 cuts them.
Result<PreTokenizer> makeByteLevel(bool addsPrefixSpace, bool usesRegex);
PreTokenizer makeSequence(std::vector<PreTokenizer> parts);

/// The characters by which tokenizers of bytes write them: a byte that is a
/// visible character of Latin-1 is this one, the others are U+0100 and on.
const std::array<uint32_t, 256> &getByteCharacters();

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_PRETOKENIZER_H
