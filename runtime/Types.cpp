//===- Types.cpp - Element types ------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Types.h"
#include <bit>
#include <iterator>

using namespace lathe::runtime;

// In the order of LatheType.
static constexpr TypeNames types[] = {
    {"f32", 4, "F32", "<f4"},    {"f64", 8, "F64", "<f8"},
    {"f16", 2, "F16", "<f2"},    {"bf16", 2, "BF16", ""},
    {"i8", 1, "I8", "|i1"},      {"u8", 1, "U8", "|u1"},
    {"i16", 2, "I16", "<i2"},    {"i32", 4, "I32", "<i4"},
    {"i64", 8, "I64", "<i8"},    {"bool", 1, "BOOL", "|b1"},
    {"u16", 2, "U16", "<u2"},    {"u32", 4, "U32", "<u4"},
    {"u64", 8, "U64", "<u8"},    {"f8e4m3", 1, "F8_E4M3", ""},
    {"f8e5m2", 1, "F8_E5M2", ""}};

const TypeNames &lathe::runtime::namesOf(LatheType type) { return types[type]; }

const char *latheTypeName(LatheType type) { return types[type].lathe.data(); }
size_t latheTypeSize(LatheType type) { return types[type].size; }

std::optional<LatheType>
lathe::runtime::findType(std::string_view TypeNames::*format,
                         std::string_view name) {
  for (size_t i = 0; i < std::size(types); ++i)
    if (!name.empty() && types[i].*format == name)
      return static_cast<LatheType>(i);
  return std::nullopt;
}

std::optional<uint64_t>
lathe::runtime::byteSize(LatheType type, std::span<const int64_t> shape) {
  int64_t bytes = static_cast<int64_t>(types[type].size);
  // A zero must not hide that the other sizes overflow.
  bool empty = false;
  for (int64_t size : shape) {
    empty |= size == 0;
    if (size < 0 ||
        __builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes))
      return std::nullopt;
  }
  return empty ? 0 : bytes;
}

int64_t lathe::runtime::elementCount(std::span<const int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

double lathe::runtime::elementAsDouble(LatheType type, const void *data,
                                       int64_t index) {
  auto at = [&]<typename T>(T) { return static_cast<const T *>(data)[index]; };
  switch (type) {
  case LATHE_F32:
    return at(float());
  case LATHE_F64:
    return at(double());
  case LATHE_F16:
    return static_cast<double>(at(_Float16()));
  case LATHE_BF16:
    return std::bit_cast<float>(uint32_t{at(uint16_t())} << 16);
  case LATHE_I8:
    return at(int8_t());
  case LATHE_U8:
  case LATHE_BOOL:
    return at(uint8_t());
  case LATHE_I16:
    return at(int16_t());
  case LATHE_I32:
    return at(int32_t());
  case LATHE_I64:
    return static_cast<double>(at(int64_t()));
  case LATHE_U16:
    return at(uint16_t());
  case LATHE_U32:
    return at(uint32_t());
  case LATHE_U64:
    return static_cast<double>(at(uint64_t()));
  case LATHE_F8_E4M3:
  case LATHE_F8_E5M2:
    break; // No model has them; their bits will do.
  }
  return at(uint8_t());
}

void lathe::runtime::storeFloat(LatheType type, void *data, int64_t index,
                                double value) {
  if (type == LATHE_F64)
    static_cast<double *>(data)[index] = value;
  else if (type == LATHE_F32)
    static_cast<float *>(data)[index] = static_cast<float>(value);
  else if (type == LATHE_F16)
    static_cast<_Float16 *>(data)[index] = static_cast<_Float16>(value);
  else if (type == LATHE_BF16)
    static_cast<uint16_t *>(data)[index] =
        toBFloat16(static_cast<float>(value));
}

double lathe::runtime::roundTo(LatheType type, double value) {
  uint64_t element = 0;
  storeFloat(type, &element, 0, value);
  return elementAsDouble(type, &element, 0);
}

uint16_t lathe::runtime::toBFloat16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if (value != value)
    return static_cast<uint16_t>(bits >> 16 | 0x40); // Stays a quiet NaN.
  uint32_t lowestKeptBit = bits >> 16 & 1;
  return static_cast<uint16_t>((bits + 0x7fff + lowestKeptBit) >> 16);
}
