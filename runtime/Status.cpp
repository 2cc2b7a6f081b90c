//===- Status.cpp - How calls within the runtime went ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Status.h"

std::string lathe::runtime::quote(std::string_view name) {
  constexpr size_t longest = 100;
  std::string text = "'";
  for (char c : name.substr(0, longest))
    text += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  return text + (name.size() > longest ? "...'" : "'");
}

LatheCode lathe::runtime::report(const Status &status, LatheStatus *target) {
  if (!target)
    return status.code();
  target->code = status.code();
  constexpr size_t room = sizeof(target->message) - 1;
  constexpr std::string_view ellipsis = "...";
  const std::string &text = status.message();
  size_t length = std::min(text.size(), room);
  std::memcpy(target->message, text.data(), length);
  if (text.size() > room)
    std::memcpy(target->message + room - ellipsis.size(), ellipsis.data(),
                ellipsis.size());
  target->message[length] = '\0';
  return status.code();
}
