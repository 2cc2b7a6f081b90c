//===- Unicode.h - Properties and normal forms of characters --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tokenizers ask of Unicode, by utf8proc. Texts are valid UTF-8.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_UNICODE_H
#define LATHE_RUNTIME_TEXT_UNICODE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::runtime::text {

enum class NormalForm { NFC, NFD, NFKC, NFKD };

std::string normalise(std::string_view text, NormalForm form);

/// Each character in lower case, whatever stands around it.
std::string toLower(std::string_view text);

/// The characters as they stand, by their bytes.
std::vector<std::string_view> splitCharacters(std::string_view text);

/// What readers take for characters (Unicode Standard Annex 29).
std::vector<std::string_view> splitGraphemes(std::string_view text);

bool isWhitespace(uint32_t code);     ///< White_Space.
bool isNumeric(uint32_t code);        ///< Category N.
bool isPunctuation(uint32_t code);    ///< Category P, or ASCII punctuation.
bool isMark(uint32_t code);           ///< Category M.
bool isNonspacingMark(uint32_t code); ///< Category Mn.
/// Category C, of what is assigned: control, format, private use.
bool isOther(uint32_t code);
/// What regular expressions call a word's: letters, marks, digits, connectors.
bool isWord(uint32_t code);

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_UNICODE_H
