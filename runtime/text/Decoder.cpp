//===- Decoder.cpp - Tokens back to text ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Decoder.h"
#include "runtime/text/PreTokenizer.h"
#include "runtime/text/Unicode.h"
#include "runtime/text/Utf8.h"
#include "runtime/text/WordModel.h"

using namespace lathe::runtime;
using namespace lathe::runtime::text;

using Texts = std::vector<std::string>;

/// A decoder of tokens one by one; change(token, place) changes it.
template <typename Change> static Decoder makeEach(Change change) {
  return [change = std::move(change)](Texts tokens) {
    for (size_t i = 0; i < tokens.size(); ++i)
      change(tokens[i], i);
    return tokens;
  };
}

static void replaceAll(std::string &text, std::string_view from,
                       std::string_view to) {
  for (size_t at = from.empty() ? text.npos : text.find(from); at != text.npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// The bytes that a token's characters stand for; nothing if any is none.
static std::optional<std::string> bytesOf(std::string_view token) {
  static const std::unordered_map<uint32_t, char> bytes = [] {
    std::unordered_map<uint32_t, char> table;
    for (size_t byte = 0; byte < 256; ++byte)
      table[getByteCharacters()[byte]] = static_cast<char>(byte);
    return table;
  }();
  std::string result;
  for (std::string_view character : splitCharacters(token)) {
    auto byte = bytes.find(firstCharacter(character).code);
    if (byte == bytes.end())
      return std::nullopt;
    result += byte->second;
  }
  return result;
}

Decoder text::makeByteLevelDecoder() {
  return makeEach([](std::string &token, size_t) {
    token = bytesOf(token).value_or(token);
  });
}

Decoder text::makeByteFallbackDecoder() {
  return makeEach([](std::string &token, size_t) {
    if (std::optional<char> byte = byteOf(token))
      token = *byte;
  });
}

Decoder text::makeFuse() {
  return [](Texts tokens) {
    std::string all;
    for (const std::string &token : tokens)
      all += token;
    return Texts{all};
  };
}

Decoder text::makeStripDecoder(std::string content, size_t start, size_t stop) {
  return makeEach([=](std::string &token, size_t) {
    std::string_view kept = token;
    for (size_t i = 0; i < start && kept.starts_with(content); ++i)
      kept.remove_prefix(content.size());
    for (size_t i = 0; i < stop && kept.ends_with(content); ++i)
      kept.remove_suffix(content.size());
    token = std::string(kept);
  });
}

Decoder text::makeReplaceDecoder(Regex pattern, std::string content) {
  return makeEach([=](std::string &token, size_t) {
    std::string result;
    size_t done = 0;
    // A byte that is no character cannot be searched, nor be replaced.
    std::string valid = toValidUtf8(token);
    if (valid != token)
      return;
    pattern.forEachMatch(token, [&](size_t begin, size_t end) {
      result.append(token, done, begin - done).append(content);
      done = end;
    });
    token = result.append(token, done);
  });
}

Decoder text::makeMetaspaceDecoder(std::string replacement, bool drops) {
  return makeEach([=](std::string &token, size_t place) {
    replaceAll(token, replacement, drops && place == 0 ? "" : " ");
  });
}

/// English as it is written, without spaces before its marks.
static void cleanUp(std::string &text) {
  constexpr std::pair<std::string_view, std::string_view> marks[] = {
      {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (auto [from, to] : marks)
    replaceAll(text, from, to);
}

Decoder text::makeWordPieceDecoder(std::string prefix, bool cleansUp) {
  return makeEach([=](std::string &token, size_t place) {
    if (place > 0 && token.starts_with(prefix))
      token.erase(0, prefix.size());
    else if (place > 0)
      token.insert(0, " ");
    if (cleansUp)
      cleanUp(token);
  });
}

Decoder text::makeBpeDecoder(std::string suffix) {
  return [suffix](Texts tokens) {
    for (size_t i = 0; i < tokens.size(); ++i)
      replaceAll(tokens[i], suffix, i + 1 == tokens.size() ? "" : " ");
    return tokens;
  };
}

Decoder text::makeSequence(std::vector<Decoder> parts) {
  return [parts = std::move(parts)](Texts tokens) {
    for (const Decoder &part : parts)
      tokens = part(std::move(tokens));
    return tokens;
  };
}
