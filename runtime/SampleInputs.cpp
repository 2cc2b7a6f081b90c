//===- SampleInputs.cpp - Inputs made up for measurements and checks ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/SampleInputs.h"
#include "runtime/Random.h"
#include "runtime/SizeExpr.h"
#include "runtime/Types.h"
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

using namespace lathe::runtime;

static std::optional<int64_t> evaluate(const LatheModelInfo &model,
                                       const char *text,
                                       std::span<const int64_t> dims) {
  std::vector<std::string> names;
  for (const LatheDimInfo &dim : std::span(model.dims, model.dimCount))
    names.push_back(dim.name);
  auto expr = SizeExpr::parse(text, names);
  return expr ? expr->evaluate(dims) : std::nullopt;
}

/// The number of the least value that is not below `size`, or of the largest.
static uint32_t nearestValue(const LatheDimInfo &dim, int64_t size) {
  auto distance = [&](uint32_t i) {
    int64_t value = dim.values[i];
    return std::pair(value < size, std::abs(value - size));
  };
  uint32_t best = 0;
  for (uint32_t i = 1; i < dim.valueCount; ++i)
    if (distance(i) < distance(best))
      best = i;
  return best;
}

std::vector<int64_t>
lathe::runtime::nearestDims(const LatheModelInfo &model,
                            std::span<const int64_t> wanted) {
  std::vector<int64_t> dims;
  for (uint32_t i = 0; i < model.dimCount; ++i) {
    const LatheDimInfo &dim = model.dims[i];
    int64_t size = std::clamp(wanted[i], dim.min, dim.max);
    dims.push_back(dim.valueCount ? dim.values[nearestValue(dim, size)] : size);
  }
  for (uint32_t i = 0; i < model.dimCount; ++i)
    if (const char *limit = model.dims[i].limit)
      dims[i] = std::max(
          model.dims[i].min,
          std::min(dims[i], evaluate(model, limit, dims).value_or(dims[i])));
  return dims;
}

std::vector<int64_t>
lathe::runtime::sampleShape(const LatheModelInfo &model,
                            const LatheTensorInfo &input,
                            std::span<const int64_t> dims) {
  std::vector<int64_t> shape;
  for (const char *size : std::span(input.shape, input.rank))
    shape.push_back(evaluate(model, size, dims).value_or(0));
  return shape;
}

static int64_t readInteger(const LatheTensor &tensor, int64_t index) {
  return static_cast<int64_t>(elementAsDouble(tensor.type, tensor.data, index));
}

static void writeInteger(const LatheTensor &tensor, int64_t index,
                         int64_t value) {
  if (tensor.type == LATHE_I32)
    static_cast<int32_t *>(tensor.data)[index] = static_cast<int32_t>(value);
  else if (tensor.type == LATHE_I64)
    static_cast<int64_t *>(tensor.data)[index] = value;
}

/// Random numbers within two bounds.
static void fillBetween(const LatheTensor &tensor, double least, double most,
                        uint64_t seed) {
  int64_t count = elementCount({tensor.shape, tensor.rank});
  for (int64_t i = 0; i < count; ++i) {
    double share = static_cast<double>(randomBits(seed, i) >> 11) * 0x1p-53;
    storeFloat(tensor.type, tensor.data, i, least + share * (most - least));
  }
}

void lathe::runtime::fillSample(const LatheModelInfo &model,
                                const LatheTensorInfo &input,
                                std::span<const int64_t> dims,
                                const LatheTensor &tensor, uint64_t seed,
                                uint64_t bound) {
  int64_t count = elementCount({tensor.shape, tensor.rank});
  fillRandom(tensor.type, tensor.data, count, seed, bound);
  if (isFloat(tensor.type) && input.least)
    return fillBetween(tensor, std::stod(input.least), std::stod(input.most),
                       seed);
  if (tensor.type != LATHE_I32 && tensor.type != LATHE_I64)
    return;
  if (input.least) {
    int64_t least = evaluate(model, input.least, dims).value_or(0);
    int64_t most = evaluate(model, input.most, dims).value_or(INT64_MAX);
    for (int64_t i = 0; i < count; ++i)
      writeInteger(tensor, i,
                   std::max(least, std::min(readInteger(tensor, i), most)));
  }
  for (uint32_t i = 0; i < model.dimCount; ++i) {
    const LatheDimInfo &dim = model.dims[i];
    if (dim.input && std::string_view(dim.input) == input.name && count == 1)
      writeInteger(tensor, 0,
                   dim.valueCount ? nearestValue(dim, dims[i]) : dims[i]);
  }
}
