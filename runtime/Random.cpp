//===- Random.cpp - Random tensors for benchmarks and comparisons ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Random.h"
#include "runtime/Types.h"

using namespace lathe::runtime;

uint64_t lathe::runtime::randomBits(uint64_t seed, uint64_t index) {
  uint64_t bits = seed + (index + 1) * 0x9E3779B97F4A7C15;
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
  return bits ^ bits >> 31;
}

float lathe::runtime::randomUnit(uint64_t seed, uint64_t index) {
  // 24 bits are what a float holds, so the conversion is exact.
  auto bits = static_cast<int32_t>(randomBits(seed, index) >> 40);
  constexpr float step = 1.0f / (1 << 23), root3 = 1.7320508f;
  return static_cast<float>(bits - (1 << 23)) * step * root3;
}

void lathe::runtime::fillRandom(LatheType type, void *data, int64_t count,
                                uint64_t seed, uint64_t bound) {
  auto fill = [&]<typename T>(T, auto element) {
    for (int64_t i = 0; i < count; ++i)
      static_cast<T *>(data)[i] =
          static_cast<T>(element(static_cast<uint64_t>(i)));
  };
  auto unit = [&](uint64_t i) { return randomUnit(seed, i); };
  auto integer = [&](uint64_t i) { return randomBits(seed, i) % bound; };
  switch (type) {
  case LATHE_F32:
    return fill(float(), unit);
  case LATHE_F64:
    return fill(double(), unit);
  case LATHE_F16:
    return fill(_Float16(), unit);
  case LATHE_BF16:
    return fill(uint16_t(), [&](uint64_t i) { return toBFloat16(unit(i)); });
  case LATHE_BOOL:
    return fill(uint8_t(),
                [&](uint64_t i) { return randomBits(seed, i) >> 63; });
  default:
    break;
  }
  switch (latheTypeSize(type)) {
  case 1:
    return fill(uint8_t(), integer);
  case 2:
    return fill(uint16_t(), integer);
  case 4:
    return fill(uint32_t(), integer);
  default:
    return fill(uint64_t(), integer);
  }
}
