//===- Utf8.cpp - Text as bytes and as characters -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Utf8.h"

using namespace lathe::runtime;
using namespace lathe::runtime::text;

namespace {
/// Which bytes may follow a first byte (Unicode 15, table 3-7).
struct Form {
  uint32_t size;
  uint8_t least, most; ///< Of the second byte.
};
} // namespace

static Form formOf(uint8_t first) {
  if (first < 0x80)
    return {1, 0, 0};
  if (first < 0xC2)
    return {0, 0, 0};
  if (first < 0xE0)
    return {2, 0x80, 0xBF};
  if (first < 0xF0)
    return {3, uint8_t(first == 0xE0 ? 0xA0 : 0x80),
            uint8_t(first == 0xED ? 0x9F : 0xBF)};
  if (first < 0xF5)
    return {4, uint8_t(first == 0xF0 ? 0x90 : 0x80),
            uint8_t(first == 0xF4 ? 0x8F : 0xBF)};
  return {0, 0, 0};
}

Character text::firstCharacter(std::string_view bytes) {
  if (bytes.empty())
    return {};
  auto byte = [&](uint32_t i) { return static_cast<uint8_t>(bytes[i]); };
  Form form = formOf(byte(0));
  if (form.size == 0)
    return {0xFFFD, 1, false, false};
  uint32_t code = form.size == 1 ? byte(0) : byte(0) & (0x7F >> form.size);
  for (uint32_t i = 1; i < form.size; ++i) {
    if (i == bytes.size())
      return {0xFFFD, i, false, true};
    uint8_t least = i == 1 ? form.least : 0x80;
    uint8_t most = i == 1 ? form.most : 0xBF;
    if (byte(i) < least || byte(i) > most)
      return {0xFFFD, i, false, false};
    code = code << 6 | (byte(i) & 0x3F);
  }
  return {code, form.size, true, false};
}

void text::appendCharacter(std::string &out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  int following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  out += static_cast<char>((0xFF00 >> (following + 1) & 0xFF) |
                           code >> 6 * following);
  while (following--)
    out += static_cast<char>(0x80 | (code >> 6 * following & 0x3F));
}

std::string text::toValidUtf8(std::string_view bytes) {
  CharacterStream stream;
  std::string valid = stream.add(bytes);
  return valid + stream.finish();
}

std::string CharacterStream::add(std::string_view bytes) {
  pending += bytes;
  std::string whole;
  std::string_view rest = pending;
  while (!rest.empty()) {
    Character next = firstCharacter(rest);
    if (next.isCut)
      break;
    whole += next.isValid ? rest.substr(0, next.size) : replacement;
    rest.remove_prefix(next.size);
  }
  pending.erase(0, pending.size() - rest.size());
  return whole;
}

std::string CharacterStream::finish() {
  bool wasCut = !pending.empty();
  pending.clear();
  return std::string(wasCut ? replacement : "");
}
