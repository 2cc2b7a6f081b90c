//===- Protobuf.h - Fields of a serialized message ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_PROTOBUF_H
#define LATHE_RUNTIME_TEXT_PROTOBUF_H

#include "runtime/text/WordModel.h"
#include <bit>

namespace lathe::runtime::text {

/// A field of a message in the wire format of protocol buffers.
struct ProtobufField {
  uint32_t number = 0;
  uint64_t value = 0;     ///< Of a number; the bits of a float.
  std::string_view bytes; ///< Of a text or a message.
  bool isBytes = false;

  float real() const {
    return std::bit_cast<float>(static_cast<uint32_t>(value));
  }
};

/// Calls found(field) for each field of a message. Throws std::runtime_error if
/// the message is cut off or no message.
template <typename Found>
void forEachField(std::string_view message, const Found &found) {
  auto readVarint = [&] {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (message.empty())
        failWith("it is cut off");
      auto byte = static_cast<unsigned char>(message.front());
      message.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80)
        return value;
    }
    failWith("it is no message of protocol buffers");
  };
  auto take = [&](uint64_t size) {
    if (size > message.size())
      failWith("it is cut off");
    std::string_view bytes = message.substr(0, size);
    message.remove_prefix(size);
    return bytes;
  };
  auto readFixed = [&](size_t size) {
    uint64_t value = 0;
    std::string_view bytes = take(size);
    for (size_t i = size; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  };
  while (!message.empty()) {
    uint64_t key = readVarint();
    ProtobufField field;
    field.number = static_cast<uint32_t>(key >> 3);
    switch (key & 7) {
    case 0:
      field.value = readVarint();
      break;
    case 1:
      field.value = readFixed(8);
      break;
    case 2:
      field.bytes = take(readVarint());
      field.isBytes = true;
      break;
    case 5:
      field.value = readFixed(4);
      break;
    default:
      failWith("it is no message of protocol buffers");
    }
    found(field);
  }
}

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_PROTOBUF_H
