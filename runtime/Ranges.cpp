//===- Ranges.cpp - The values that inputs may hold -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Descriptor.h"
#include "runtime/Types.h"

using namespace lathe::runtime;

/// The first element out of [least, most], or nothing; NaN is out of range.
static std::optional<int64_t> findOutside(const LatheTensor &tensor,
                                          int64_t least, int64_t most) {
  int64_t count = elementCount({tensor.shape, tensor.rank});
  auto search = [&](auto elementAt, auto low,
                    auto high) -> std::optional<int64_t> {
    for (int64_t i = 0; i < count; ++i)
      if (auto value = elementAt(i); !(value >= low && value <= high))
        return i;
    return std::nullopt;
  };
  if (tensor.type == LATHE_I32)
    return search(
        [&](int64_t i) -> int64_t {
          return static_cast<const int32_t *>(tensor.data)[i];
        },
        least, most);
  if (tensor.type == LATHE_I64)
    return search(
        [&](int64_t i) { return static_cast<const int64_t *>(tensor.data)[i]; },
        least, most);
  return search(
      [&](int64_t i) { return elementAsDouble(tensor.type, tensor.data, i); },
      static_cast<double>(least), static_cast<double>(most));
}

/// "'tokens' holds 70000 at [0, 5]", "'task' is 5".
static std::string describeElement(const LatheTensorInfo &info,
                                   const LatheTensor &tensor, int64_t index) {
  char number[32];
  if (tensor.type == LATHE_I64)
    snprintf(number, sizeof(number), "%lld",
             static_cast<long long>(
                 static_cast<const int64_t *>(tensor.data)[index]));
  else
    snprintf(number, sizeof(number), "%.10g",
             elementAsDouble(tensor.type, tensor.data, index));
  if (tensor.rank == 0)
    return concat(quote(info.name), " is ", number);
  std::vector<int64_t> place(tensor.rank);
  for (uint32_t axis = tensor.rank; axis-- > 0; index /= tensor.shape[axis])
    place[axis] = index % tensor.shape[axis];
  return concat(quote(info.name), " holds ", number, " at ", bracketed(place));
}

/// The bounds of a range as text, "0 to 4096 - tokens = 4000 with tokens = 96".
static std::string describeRange(const Descriptor &descriptor,
                                 const LatheTensorInfo &info,
                                 const Descriptor::Range &range,
                                 std::span<const int64_t> dims) {
  if (range.numbers)
    return concat(info.least, " to ", info.most);
  return concat(describeBound(descriptor, info.least, range.least, dims),
                " to ", describeBound(descriptor, info.most, range.most, dims));
}

/// The place of the first element outside a range.
static std::optional<int64_t> findOutside(const LatheTensor &tensor,
                                          const Descriptor::Range &range,
                                          std::span<const int64_t> dims) {
  if (!range.numbers)
    return findOutside(tensor, range.least.evaluate(dims).value_or(INT64_MIN),
                       range.most.evaluate(dims).value_or(INT64_MAX));
  int64_t count = elementCount({tensor.shape, tensor.rank});
  auto [least, most] = *range.numbers;
  for (int64_t i = 0; i < count; ++i) {
    // A NaN is in no range.
    double value = elementAsDouble(tensor.type, tensor.data, i);
    if (!(value >= least && value <= most))
      return i;
  }
  return std::nullopt;
}

Status lathe::runtime::checkRanges(const Descriptor &descriptor, uint32_t entry,
                                   std::span<const LatheTensor> inputs,
                                   std::span<const int64_t> dims) {
  const LatheEntryInfo &info = descriptor.info.entries[entry];
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto &range = descriptor.entries[entry].ranges[i];
    if (!range)
      continue;
    if (std::optional<int64_t> outside = findOutside(inputs[i], *range, dims))
      return {LATHE_BAD_INDEX,
              concat(describeElement(info.inputs[i], inputs[i], *outside),
                     ", wanted ",
                     describeRange(descriptor, info.inputs[i], *range, dims))};
  }
  return {};
}
