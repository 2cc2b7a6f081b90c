//===- Utf8.h - Text as bytes and as characters ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_UTF8_H
#define LATHE_RUNTIME_TEXT_UTF8_H

#include <cstdint>
#include <string>
#include <string_view>

namespace lathe::runtime::text {

/// U+FFFD, which stands for bytes that are no text.
inline constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// What begins a text.
struct Character {
  uint32_t code = 0;   ///< 0xFFFD where the bytes are malformed.
  uint32_t size = 0;   ///< In bytes; 0 only for an empty text.
  bool isValid = true; ///< Whether the bytes are one whole character.
  bool isCut = false;  ///< The text ends before the character does.
};

/// The first character of `text`. Of malformed bytes it takes those that could
/// begin a character (Unicode 15, section 3.9, "maximal subparts").
Character firstCharacter(std::string_view text);

/// Appends the UTF-8 of `code`, which must be a valid one.
void appendCharacter(std::string &text, uint32_t code);

/// The text with U+FFFD in place of what is no UTF-8.
std::string toValidUtf8(std::string_view bytes);

/// Bytes that come in pieces, out of which whole characters go on.
class CharacterStream {
public:
  /// The characters that are whole with `bytes`.
  std::string add(std::string_view bytes);
  /// What is left at the end: U+FFFD for a character that was cut off.
  std::string finish();

private:
  std::string pending;
};

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_UTF8_H
