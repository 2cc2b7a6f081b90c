//===- PreTokenizer.cpp - Cutting a text into pieces ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/PreTokenizer.h"
#include "runtime/text/Unicode.h"
#include "runtime/text/Utf8.h"

using namespace lathe::runtime;
using namespace lathe::runtime::text;

namespace {
/// A part of a piece, and whether the pattern matched it.
struct Part {
  size_t begin, end;
  bool isMatch;
};
using Parts = std::vector<Part>;
using FindParts = std::function<Parts(std::string_view)>;
} // namespace

/// The matches of a pattern, and what is between them.
static Parts findParts(const Regex &pattern, std::string_view text) {
  Parts parts;
  size_t done = 0;
  pattern.forEachMatch(text, [&](size_t begin, size_t end) {
    if (begin > done)
      parts.push_back({done, begin, false});
    parts.push_back({begin, end, true});
    done = end;
  });
  if (done < text.size())
    parts.push_back({done, text.size(), false});
  return parts;
}

/// Applies the behaviour; what is removed has no place in the result.
static Parts joinParts(const Parts &parts, SplitBehavior behavior) {
  Parts joined;
  bool wasMatch = false;
  for (const Part &part : parts) {
    bool goesOn = false;
    switch (behavior) {
    case SplitBehavior::Removed:
    case SplitBehavior::Isolated:
      break;
    case SplitBehavior::MergedWithPrevious:
      goesOn = part.isMatch && !wasMatch;
      break;
    case SplitBehavior::MergedWithNext:
      goesOn = !part.isMatch && wasMatch;
      break;
    case SplitBehavior::Contiguous:
      goesOn = part.isMatch == wasMatch;
      break;
    }
    wasMatch = part.isMatch;
    if (goesOn && !joined.empty())
      joined.back().end = part.end;
    else if (behavior != SplitBehavior::Removed || !part.isMatch)
      joined.push_back(part);
  }
  return joined;
}

static PreTokenizer makeCutter(FindParts find, SplitBehavior behavior) {
  return [find = std::move(find), behavior](Pieces pieces) {
    Pieces result;
    for (const Piece &piece : pieces)
      for (const Part &part : joinParts(find(piece.text), behavior))
        if (part.end > part.begin)
          result.push_back(
              {piece.text.substr(part.begin, part.end - part.begin),
               piece.isFirst && part.begin == 0});
    return result;
  };
}

PreTokenizer text::makeSplit(Regex pattern, SplitBehavior behavior,
                             bool inverts) {
  return makeCutter(
      [pattern = std::move(pattern), inverts](std::string_view text) {
        Parts parts = findParts(pattern, text);
        for (Part &part : parts)
          part.isMatch ^= inverts;
        return parts;
      },
      behavior);
}

PreTokenizer text::makeCharacterSplit(bool (*isDelimiter)(uint32_t),
                                      SplitBehavior behavior) {
  return makeCutter(
      [isDelimiter](std::string_view text) {
        Parts parts;
        size_t at = 0;
        for (std::string_view character : splitCharacters(text)) {
          bool isMatch = isDelimiter(firstCharacter(character).code);
          size_t end = at + character.size();
          if (!isMatch && !parts.empty() && !parts.back().isMatch)
            parts.back().end = end;
          else
            parts.push_back({at, end, isMatch});
          at = end;
        }
        return parts;
      },
      behavior);
}

PreTokenizer text::makeWhitespace() {
  return makeCutter(
      [](std::string_view text) {
        enum Kind { None, Space, Word, Other } before = None;
        Parts parts;
        size_t at = 0;
        for (std::string_view character : splitCharacters(text)) {
          uint32_t code = firstCharacter(character).code;
          Kind kind = isWord(code) ? Word : isWhitespace(code) ? Space : Other;
          size_t end = at + character.size();
          if (kind == before)
            parts.back().end = end;
          else
            parts.push_back({at, end, kind == Space});
          before = kind;
          at = end;
        }
        return parts;
      },
      SplitBehavior::Removed);
}

PreTokenizer text::makeMetaspace(std::string replacement, PrependScheme scheme,
                                 bool splits) {
  return [=](Pieces pieces) {
    Pieces result;
    for (Piece &piece : pieces) {
      std::string text;
      for (char c : piece.text)
        text.append(c == ' ' ? replacement : std::string(1, c));
      if (!text.starts_with(replacement) &&
          (scheme == PrependScheme::Always ||
           (scheme == PrependScheme::First && piece.isFirst)))
        text.insert(0, replacement);
      for (size_t begin = 0; begin < text.size();) {
        size_t end = splits ? text.find(replacement, begin + 1) : text.npos;
        end = std::min(end, text.size());
        result.push_back(
            {text.substr(begin, end - begin), piece.isFirst && begin == 0});
        begin = end;
      }
    }
    return result;
  };
}

const std::array<uint32_t, 256> &text::getByteCharacters() {
  static const std::array<uint32_t, 256> characters = [] {
    std::array<uint32_t, 256> table;
    uint32_t next = 0x100;
    for (uint32_t byte = 0; byte < 256; ++byte) {
      bool isVisible =
          (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
      table[byte] = isVisible ? byte : next++;
    }
    return table;
  }();
  return characters;
}

/// Each byte by its character.
static Pieces spellBytes(Pieces pieces) {
  for (Piece &piece : pieces) {
    std::string spelled;
    for (unsigned char byte : piece.text)
      appendCharacter(spelled, getByteCharacters()[byte]);
    piece.text = std::move(spelled);
  }
  return pieces;
}

Result<PreTokenizer> text::makeByteLevel(bool addsPrefixSpace, bool usesRegex) {
  Result<Regex> words = Regex::compile(
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)");
  if (!words)
    return words.status();
  PreTokenizer cut = makeSplit(*words, SplitBehavior::Isolated, false);
  return PreTokenizer([=](Pieces pieces) {
    for (Piece &piece : pieces)
      if (addsPrefixSpace && !piece.text.starts_with(' '))
        piece.text.insert(0, " ");
    return spellBytes(usesRegex ? cut(std::move(pieces)) : std::move(pieces));
  });
}

PreTokenizer text::makeSequence(std::vector<PreTokenizer> parts) {
  return [parts = std::move(parts)](Pieces pieces) {
    for (const PreTokenizer &part : parts)
      pieces = part(std::move(pieces));
    return pieces;
  };
}
