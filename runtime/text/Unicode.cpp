//===- Unicode.cpp - Properties and normal forms of characters ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Unicode.h"
#include "runtime/text/Utf8.h"
#include <cstdlib>
#include <memory>
#include <new>
#include <utf8proc.h>

using namespace lathe::runtime;

static utf8proc_category_t categoryOf(uint32_t code) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

static utf8proc_option_t optionsOf(text::NormalForm form) {
  int options = UTF8PROC_STABLE;
  bool isComposed =
      form == text::NormalForm::NFC || form == text::NormalForm::NFKC;
  options |= isComposed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  if (form == text::NormalForm::NFKC || form == text::NormalForm::NFKD)
    options |= UTF8PROC_COMPAT;
  return static_cast<utf8proc_option_t>(options);
}

std::string text::normalise(std::string_view text, NormalForm form) {
  utf8proc_uint8_t *result = nullptr;
  utf8proc_ssize_t size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t *>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &result, optionsOf(form));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result,
                                                                &std::free);
  // Valid UTF-8 fails for want of memory only.
  if (size < 0)
    throw std::bad_alloc();
  return {reinterpret_cast<const char *>(result), static_cast<size_t>(size)};
}

std::string text::toLower(std::string_view text) {
  std::string lower;
  for (std::string_view character : splitCharacters(text)) {
    uint32_t code = firstCharacter(character).code;
    if (code == 0x130)
      lower += "i\xCC\x87"; // The one character whose lower case is two.
    else
      appendCharacter(lower, static_cast<uint32_t>(utf8proc_tolower(
                                 static_cast<utf8proc_int32_t>(code))));
  }
  return lower;
}

std::vector<std::string_view> text::splitCharacters(std::string_view text) {
  std::vector<std::string_view> characters;
  for (size_t at = 0; at < text.size();) {
    size_t size = firstCharacter(text.substr(at)).size;
    characters.push_back(text.substr(at, size));
    at += size;
  }
  return characters;
}

std::vector<std::string_view> text::splitGraphemes(std::string_view text) {
  std::vector<std::string_view> graphemes;
  utf8proc_int32_t state = 0, before = 0;
  size_t begin = 0, at = 0;
  for (std::string_view character : splitCharacters(text)) {
    auto code = static_cast<utf8proc_int32_t>(firstCharacter(character).code);
    if (at > 0 && utf8proc_grapheme_break_stateful(before, code, &state)) {
      graphemes.push_back(text.substr(begin, at - begin));
      begin = at;
    }
    before = code;
    at += character.size();
  }
  if (begin < text.size())
    graphemes.push_back(text.substr(begin));
  return graphemes;
}

bool text::isWhitespace(uint32_t code) {
  if (code <= 0x20)
    return code == 0x20 || (code >= 9 && code <= 13);
  switch (categoryOf(code)) {
  case UTF8PROC_CATEGORY_ZS:
  case UTF8PROC_CATEGORY_ZL:
  case UTF8PROC_CATEGORY_ZP:
    return true;
  default:
    return code == 0x85;
  }
}

bool text::isNumeric(uint32_t code) {
  utf8proc_category_t category = categoryOf(code);
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool text::isPunctuation(uint32_t code) {
  if (code < 0x80)
    return (code >= 33 && code <= 47) || (code >= 58 && code <= 64) ||
           (code >= 91 && code <= 96) || (code >= 123 && code <= 126);
  utf8proc_category_t category = categoryOf(code);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

bool text::isMark(uint32_t code) {
  utf8proc_category_t category = categoryOf(code);
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

bool text::isNonspacingMark(uint32_t code) {
  return categoryOf(code) == UTF8PROC_CATEGORY_MN;
}

bool text::isOther(uint32_t code) {
  return categoryOf(code) >= UTF8PROC_CATEGORY_CC;
}

bool text::isWord(uint32_t code) {
  utf8proc_category_t category = categoryOf(code);
  bool isLetter =
      category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
  // Circled and squared letters are symbols, and alphabetic all the same.
  bool isEnclosed = (code >= 0x24B6 && code <= 0x24E9) ||
                    (code >= 0x1F130 && code <= 0x1F149) ||
                    (code >= 0x1F150 && code <= 0x1F169) ||
                    (code >= 0x1F170 && code <= 0x1F189);
  return isLetter || isEnclosed || isMark(code) ||
         category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
         category == UTF8PROC_CATEGORY_PC || code == 0x200C || code == 0x200D;
}
