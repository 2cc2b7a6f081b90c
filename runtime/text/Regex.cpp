//===- Regex.cpp - Regular expressions over Unicode text ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Regex.h"
#include "runtime/text/Utf8.h"
#include <algorithm>
#include <stdexcept>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

/// The pattern with \s and \w spelled out: PCRE2 counts U+180E among spaces,
/// and no marks among the characters of words.
static Result<std::string> translate(std::string_view pattern) {
  constexpr std::string_view word =
      "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
  std::string result;
  bool inClass = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c != '\\' || i + 1 == pattern.size()) {
      if (c == '[')
        inClass = true;
      if (c == ']')
        inClass = false;
      result += c;
      continue;
    }
    char next = pattern[++i];
    if (next == 's')
      result += "\\p{White_Space}";
    else if (next == 'S')
      result += "\\P{White_Space}";
    else if (next == 'w')
      result += inClass ? std::string(word) : concat("[", word, "]");
    else if (next == 'W' && !inClass)
      result += concat("[^", word, "]");
    else if (next == 'W')
      return Status(LATHE_BAD_FILE,
                    concat("the regular expression ", quote(pattern),
                           " has \\W in brackets, which is not supported"));
    else
      result.append({'\\', next});
  }
  return result;
}

static Result<std::shared_ptr<void>> compilePattern(std::string_view shown,
                                                    std::string_view pattern,
                                                    uint32_t options) {
  // Longer ones would be programs, not patterns.
  constexpr size_t longest = 1 << 16;
  int error = 0;
  PCRE2_SIZE place = 0;
  pcre2_code *code = nullptr;
  if (pattern.size() <= longest)
    code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()),
                         pattern.size(), PCRE2_UTF | options, &error, &place,
                         nullptr);
  if (code)
    return std::shared_ptr<void>(
        code, [](void *it) { pcre2_code_free(static_cast<pcre2_code *>(it)); });
  PCRE2_UCHAR message[256] = "it is too long";
  if (error)
    pcre2_get_error_message(error, message, sizeof message);
  return Status(
      LATHE_BAD_FILE,
      concat("the regular expression ", quote(shown),
             " cannot be used: ", reinterpret_cast<const char *>(message)));
}

Result<Regex> Regex::compile(std::string_view pattern) {
  Result<std::string> translated = translate(pattern);
  if (!translated)
    return translated.status();
  auto code = compilePattern(pattern, *translated, PCRE2_UCP);
  if (!code)
    return code.status();
  return Regex(std::move(*code));
}

Result<Regex> Regex::literal(std::string_view text) {
  auto code = compilePattern(text, text, PCRE2_LITERAL);
  if (!code)
    return code.status();
  return Regex(std::move(*code));
}

void Regex::forEachMatch(
    std::string_view text,
    const std::function<void(size_t, size_t)> &found) const {
  // A pattern may try exponentially many ways; sane ones need few a character.
  constexpr uint32_t mostSteps = 50'000'000;
  auto *pattern = static_cast<pcre2_code *>(code.get());
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create_from_pattern(pattern, nullptr),
      &pcre2_match_data_free);
  std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)>
      context(pcre2_match_context_create(nullptr), &pcre2_match_context_free);
  if (!match || !context)
    throw std::bad_alloc();
  pcre2_set_match_limit(context.get(), mostSteps);
  auto *subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  for (size_t at = 0; at <= text.size();) {
    int count = pcre2_match(pattern, subject, text.size(), at,
                            PCRE2_NO_UTF_CHECK, match.get(), context.get());
    if (count == PCRE2_ERROR_NOMATCH)
      return;
    if (count < 0)
      throw std::runtime_error("a regular expression of the tokenizer takes "
                               "too long on this text");
    const PCRE2_SIZE *place = pcre2_get_ovector_pointer(match.get());
    // \K in a lookahead may put the end before the beginning.
    size_t begin = std::min(place[0], place[1]), end = place[1];
    found(begin, end);
    at = end;
    if (begin == end) {
      if (end == text.size())
        return;
      at = end + firstCharacter(text.substr(end)).size;
    }
  }
}
