//===- Normalizer.cpp - What happens to a text before it is cut -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Normalizer.h"
#include "runtime/text/Unicode.h"
#include "runtime/text/Utf8.h"

using namespace lathe::runtime;
using namespace lathe::runtime::text;

/// The characters that `isKept` says yes to.
template <typename Predicate>
static std::string filter(std::string_view text, const Predicate &isKept) {
  std::string kept;
  for (std::string_view character : splitCharacters(text))
    if (isKept(firstCharacter(character).code))
      kept += character;
  return kept;
}

Normalizer text::makePrepend(std::string prefix) {
  return [prefix](std::string text) {
    return text.empty() ? text : prefix + text;
  };
}

Normalizer text::makeReplace(Regex pattern, std::string content) {
  return [pattern, content](std::string text) {
    std::string result;
    size_t done = 0;
    pattern.forEachMatch(text, [&](size_t begin, size_t end) {
      result.append(text, done, begin - done).append(content);
      done = end;
    });
    return result.append(text, done);
  };
}

Normalizer text::makeStrip(bool left, bool right) {
  return [left, right](std::string text) {
    auto characters = splitCharacters(text);
    auto isSpace = [](std::string_view character) {
      return isWhitespace(firstCharacter(character).code);
    };
    size_t begin = 0, end = characters.size();
    while (left && begin < end && isSpace(characters[begin]))
      ++begin;
    while (right && begin < end && isSpace(characters[end - 1]))
      --end;
    std::string kept;
    for (size_t i = begin; i < end; ++i)
      kept += characters[i];
    return kept;
  };
}

Normalizer text::makeStripAccents() {
  return [](std::string text) {
    return filter(text, [](uint32_t code) { return !isMark(code); });
  };
}

Normalizer text::makePrecompiled(CharsMap map) {
  return [map = std::move(map)](std::string text) {
    constexpr size_t longest = 5;
    std::string result;
    for (std::string_view grapheme : splitGraphemes(text)) {
      if (grapheme.size() <= longest)
        if (auto match = map.find(grapheme, /*wantsLongest=*/false)) {
          result += match->content;
          continue;
        }
      for (std::string_view character : splitCharacters(grapheme)) {
        auto match = map.find(character, /*wantsLongest=*/false);
        result += match ? match->content : character;
      }
    }
    return result;
  };
}

/// Whether BERT sets a character off by spaces: Chinese, for the most part.
static bool isIdeograph(uint32_t code) {
  constexpr std::pair<uint32_t, uint32_t> blocks[] = {
      {0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF},
      {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF},
      {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
  for (auto [least, most] : blocks)
    if (code >= least && code <= most)
      return true;
  return false;
}

static std::string cleanText(std::string_view text) {
  std::string clean;
  for (std::string_view character : splitCharacters(text)) {
    uint32_t code = firstCharacter(character).code;
    bool isBlank = code == '\t' || code == '\n' || code == '\r';
    if (isBlank || isWhitespace(code))
      clean += isBlank || !isOther(code) ? " " : "";
    else if (code != 0xFFFD && !isOther(code))
      clean += character;
  }
  return clean;
}

Normalizer text::makeBert(BertOptions options) {
  return [options](std::string text) {
    if (options.cleansText)
      text = cleanText(text);
    if (options.spacesIdeographs) {
      std::string spaced;
      for (std::string_view character : splitCharacters(text)) {
        bool isSpaced = isIdeograph(firstCharacter(character).code);
        spaced.append(isSpaced ? " " : "").append(character);
        spaced += isSpaced ? " " : "";
      }
      text = spaced;
    }
    if (options.stripsAccents)
      text = filter(normalise(text, NormalForm::NFD),
                    [](uint32_t code) { return !isNonspacingMark(code); });
    return options.lowers ? toLower(text) : text;
  };
}

Normalizer text::makeSequence(std::vector<Normalizer> parts) {
  return [parts = std::move(parts)](std::string text) {
    for (const Normalizer &part : parts)
      if (!text.empty())
        text = part(std::move(text));
    return text;
  };
}
