//===- Types.h - Element types ----------------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TYPES_H
#define LATHE_RUNTIME_TYPES_H

#include "runtime/Status.h"
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace lathe::runtime {

/// An element type as the formats call it.
struct TypeNames {
  std::string_view lathe;       ///< "f32"
  uint64_t size;                ///< Bytes of an element.
  std::string_view safetensors; ///< "F32"
  std::string_view npy;         ///< "<f4"; empty where NumPy has no such type.
};

/// Type `type` by its names.
const TypeNames &namesOf(LatheType type);

/// The type whose name in one of the formats is `name`, for example
/// findType(&TypeNames::npy, "<f4").
std::optional<LatheType> findType(std::string_view TypeNames::*format,
                                  std::string_view name);

inline bool isFloat(LatheType type) {
  return type == LATHE_F16 || type == LATHE_BF16 || type == LATHE_F32 ||
         type == LATHE_F64;
}

/// The bytes of a dense tensor; nothing if a size is negative or the product
/// exceeds 63 bits.
std::optional<uint64_t> byteSize(LatheType type,
                                 std::span<const int64_t> shape);

/// The number of elements of a shape that `byteSize` accepts.
int64_t elementCount(std::span<const int64_t> shape);

/// "f32[7, 1, 16, 16]"; any range of numbers or texts will do as the shape.
std::string describe(LatheType type, const auto &shape) {
  return concat(namesOf(type).lathe, bracketed(shape));
}

/// Element `index` of `data` as a number, for printing.
double elementAsDouble(LatheType type, const void *data, int64_t index);

/// Stores a number, rounded to nearest, as element `index` of floats.
void storeFloat(LatheType type, void *data, int64_t index, double value);

/// The nearest number that the float type has.
double roundTo(LatheType type, double value);

/// Rounds to nearest, ties to even.
uint16_t toBFloat16(float value);

/// Whether the tensor's data is not the host's.
inline bool isOnDevice(const LatheTensor &tensor) {
  return tensor.device.kind != 0 && tensor.device.kind != LATHE_HOST;
}

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_TYPES_H
