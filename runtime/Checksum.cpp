//===- Checksum.cpp - A 64-bit checksum of bytes --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Checksum.h"
#include <algorithm>
#include <bit>
#include <cstring>

using namespace lathe::runtime;

// The specification's further primes.
static constexpr uint64_t prime3 = 0x165667B19E3779F9;
static constexpr uint64_t prime4 = 0x85EBCA77C2B2AE63;
static constexpr uint64_t prime5 = 0x27D4EB2F165667C5;

static_assert(std::endian::native == std::endian::little,
              "words are read in the machine's order");

template <typename Word> static Word load(const unsigned char *data) {
  Word word;
  std::memcpy(&word, data, sizeof(word));
  return word;
}

void Checksum64::consumeStripe(const unsigned char *data) {
  for (size_t i = 0; i < lanes.size(); ++i)
    lanes[i] = std::rotl(lanes[i] + load<uint64_t>(data + 8 * i) * prime2, 31) *
               prime1;
}

void Checksum64::update(const void *data, uint64_t size) {
  const auto *next = static_cast<const unsigned char *>(data);
  const unsigned char *end = next + size;
  uint64_t held = total % stripe;
  total += size;
  if (held) {
    uint64_t taken = std::min(stripe - held, size);
    std::memcpy(rest.data() + held, next, taken);
    next += taken;
    if (held + taken < stripe)
      return;
    consumeStripe(rest.data());
  }
  for (; end - next >= static_cast<int64_t>(stripe); next += stripe)
    consumeStripe(next);
  if (next != end)
    std::memcpy(rest.data(), next, static_cast<size_t>(end - next));
}

uint64_t Checksum64::digest() const {
  auto round = [](uint64_t word) {
    return std::rotl(word * prime2, 31) * prime1;
  };
  uint64_t hash = prime5;
  if (total >= stripe) {
    hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) +
           std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
    for (uint64_t lane : lanes)
      hash = (hash ^ round(lane)) * prime1 + prime4;
  }
  hash += total;
  const unsigned char *next = rest.data();
  uint64_t left = total % stripe;
  for (; left >= 8; left -= 8, next += 8)
    hash = std::rotl(hash ^ round(load<uint64_t>(next)), 27) * prime1 + prime4;
  for (; left >= 4; left -= 4, next += 4)
    hash =
        std::rotl(hash ^ load<uint32_t>(next) * prime1, 23) * prime2 + prime3;
  for (; left > 0; --left, ++next)
    hash = std::rotl(hash ^ *next * prime5, 11) * prime1;
  hash = (hash ^ hash >> 33) * prime2;
  hash = (hash ^ hash >> 29) * prime3;
  return hash ^ hash >> 32;
}

uint64_t lathe::runtime::checksum64(const void *data, uint64_t size) {
  Checksum64 checksum;
  checksum.update(data, size);
  return checksum.digest();
}

std::string lathe::runtime::hexText(uint64_t value) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4)
    text += "0123456789abcdef"[value >> shift & 15];
  return text;
}
