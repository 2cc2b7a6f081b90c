//===- Checksum.h - A 64-bit checksum of bytes ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_CHECKSUM_H
#define LATHE_RUNTIME_CHECKSUM_H

#include <array>
#include <cstdint>
#include <string>

namespace lathe::runtime {

/// XXH64 with seed 0, after its public specification (Y. Collet, "xxHash fast
/// digest algorithm", version 0.1.1): four lanes each take 8 of every 32 bytes
/// by multiply, rotate, multiply; the lanes are merged, the last up to 31
/// bytes mixed in, and the bits spread. It finds damage, not malice. The
/// result is the same on every machine, and `xxhsum -H1` prints the same.
class Checksum64 {
public:
  /// Takes the next bytes of the input.
  void update(const void *data, uint64_t size);
  /// The checksum of all bytes so far.
  uint64_t digest() const;

private:
  static constexpr uint64_t stripe = 32;
  void consumeStripe(const unsigned char *data);

  static constexpr uint64_t prime1 = 0x9E3779B185EBCA87;
  static constexpr uint64_t prime2 = 0xC2B2AE3D27D4EB4F;
  std::array<uint64_t, 4> lanes = {prime1 + prime2, prime2, 0, -prime1};
  std::array<unsigned char, stripe> rest = {};
  uint64_t total = 0;
};

/// The checksum of one piece of memory.
uint64_t checksum64(const void *data, uint64_t size);

/// A checksum as 16 hexadecimal digits.
std::string hexText(uint64_t value);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_CHECKSUM_H
