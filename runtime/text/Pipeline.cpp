//===- Pipeline.cpp - A tokenizer made of parts ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Pipeline.h"
#include "runtime/text/Unicode.h"
#include "runtime/text/Utf8.h"
#include <algorithm>
#include <stdexcept>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

//===--- Added tokens -----------------------------------------------------===//

void AddedTokens::add(AddedToken token, const std::string &content) {
  if (content.empty())
    return;
  trie.insert(content, std::ssize(tokens));
  tokens.push_back(std::move(token));
}

/// Where the last character of `text` begins.
static size_t lastCharacter(std::string_view text) {
  size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
    --at;
  return at;
}

static bool endsWithWord(std::string_view text) {
  return !text.empty() &&
         isWord(firstCharacter(text.substr(lastCharacter(text))).code);
}

static bool startsWithWord(std::string_view text) {
  return !text.empty() && isWord(firstCharacter(text).code);
}

template <typename OnText, typename OnToken>
void AddedTokens::cut(std::string_view text, const OnText &onText,
                      const OnToken &onToken) const {
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    size_t size = 0;
    const AddedToken *token = nullptr;
    trie.forEachPrefix(text.substr(at), [&](size_t length, int64_t number) {
      size = length;
      token = &tokens[static_cast<size_t>(number)];
    });
    if (!token) {
      ++at;
      continue;
    }
    size_t begin = at, end = at + size;
    at = end;
    if (token->isWord && (endsWithWord(text.substr(0, begin)) ||
                          startsWithWord(text.substr(end))))
      continue;
    auto isSpaceAt = [&](size_t place) {
      return isWhitespace(firstCharacter(text.substr(place)).code);
    };
    while (token->stripsLeft && begin > done) {
      size_t before = lastCharacter(text.substr(0, begin));
      if (!isSpaceAt(before))
        break;
      begin = before;
    }
    while (token->stripsRight && end < text.size() && isSpaceAt(end))
      end += firstCharacter(text.substr(end)).size;
    begin = std::max(begin, done);
    if (begin > done)
      onText(text.substr(done, begin - done));
    onToken(token->id);
    done = end;
    at = std::max(at, end);
  }
  if (done < text.size())
    onText(text.substr(done));
}

//===--- The pipeline -----------------------------------------------------===//

void Pipeline::addToken(AddedToken token) {
  std::string content = token.content;
  if (token.isNormalized && normalizer)
    content = normalizer(toValidUtf8(content));
  // Decoded as it was found.
  added.add(content, token.id);
  if (token.isSpecial)
    special.insert(token.id);
  (token.isNormalized ? normalised : raw).add(token, content);
}

int64_t Pipeline::size() const {
  int64_t least = std::max(added.end(), model->vocabulary.end());
  for (const Tokens *around : {&before, &after})
    for (int64_t token : *around)
      least = std::max(least, token + 1);
  return least;
}

void Pipeline::encodeText(std::string_view text, bool &isFirst,
                          Tokens &tokens) const {
  std::string changed(text);
  if (normalizer)
    changed = normalizer(std::move(changed));
  auto onText = [&](std::string_view part) {
    Pieces pieces = {{std::string(part), isFirst}};
    isFirst = false;
    if (preTokenizer)
      pieces = preTokenizer(std::move(pieces));
    for (const Piece &piece : pieces)
      model->tokenize(piece.text, tokens);
  };
  normalised.cut(changed, onText, [&](int64_t token) {
    isFirst = false;
    tokens.push_back(token);
  });
}

Result<Tokens> Pipeline::encode(std::string_view text) const {
  Tokens tokens = before;
  bool isFirst = true;
  try {
    raw.cut(
        toValidUtf8(text),
        [&](std::string_view part) { encodeText(part, isFirst, tokens); },
        [&](int64_t token) {
          isFirst = false;
          tokens.push_back(token);
        });
  } catch (const std::runtime_error &error) {
    return Status(LATHE_BAD_VALUE, error.what());
  }
  tokens.insert(tokens.end(), after.begin(), after.end());
  return tokens;
}

std::string Pipeline::decode(std::span<const int64_t> tokens) const {
  std::vector<std::string> texts;
  for (int64_t token : tokens) {
    const std::string *text = added.textOf(token);
    if (!text)
      text = model->vocabulary.textOf(token);
    if (text && !special.contains(token))
      texts.push_back(*text);
  }
  try {
    if (decoder)
      texts = decoder(std::move(texts));
  } catch (const std::runtime_error &) {
    // A regular expression that takes too long on this text.
    return std::string(replacement);
  }
  std::string whole;
  for (const std::string &text : texts) {
    // Without a decoder, tokens are words.
    if (!decoder && !whole.empty())
      whole += ' ';
    whole += text;
  }
  return whole;
}
