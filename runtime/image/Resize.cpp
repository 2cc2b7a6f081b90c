//===- Resize.cpp - Images of another size --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/image/Resize.h"
#include <algorithm>
#include <cmath>
#include <vector>

using namespace lathe::runtime;

namespace {

/// Bits after the point: with 8 before it and a sign, sums of products fit 32.
constexpr int precision = 22;
constexpr int32_t half = 1 << (precision - 1);

uint8_t roundSum(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> precision, 0, 255));
}

/// Where a pixel of the result comes from.
struct Window {
  int64_t begin, end;     ///< Pixels of the source.
  const int32_t *weights; ///< One each.
};

/// The windows of the pixels of one side.
class Windows {
public:
  Windows(int64_t from, Side to) {
    double scale = static_cast<double>(from) / static_cast<double>(to.size);
    double reach = std::max(scale, 1.0);
    auto most = static_cast<size_t>(
        std::min<double>(static_cast<double>(from), 2 * std::ceil(reach) + 1));
    weights.reserve(most * static_cast<size_t>(to.count));
    std::vector<double> exact;
    for (int64_t i = to.begin; i < to.begin + to.count; ++i) {
      double centre = (static_cast<double>(i) + 0.5) * scale;
      auto begin =
          std::max<int64_t>(static_cast<int64_t>(centre - reach + 0.5), 0);
      auto end = std::min(static_cast<int64_t>(centre + reach + 0.5), from);
      exact.clear();
      double sum = 0;
      for (int64_t x = begin; x < end; ++x) {
        double distance = (static_cast<double>(x) - centre + 0.5) * (1 / reach);
        exact.push_back(std::max(1 - std::abs(distance), 0.0));
        sum += exact.back();
      }
      windows.push_back({begin, end, weights.data() + weights.size()});
      for (double weight : exact)
        weights.push_back(
            static_cast<int32_t>(0.5 + weight / sum * (1 << precision)));
    }
  }
  const std::vector<Window> &all() const { return windows; }

private:
  std::vector<int32_t> weights; ///< Never grows beyond what was reserved.
  std::vector<Window> windows;
};

void resizeRow(const uint8_t *source, uint8_t *target, int64_t channels,
               const std::vector<Window> &windows) {
  for (const Window &window : windows)
    for (int64_t c = 0; c < channels; ++c) {
      int32_t sum = half;
      for (int64_t x = window.begin; x < window.end; ++x)
        sum += source[x * channels + c] * window.weights[x - window.begin];
      *target++ = roundSum(sum);
    }
}

} // namespace

/// Every row of the source is resized once and added to the rows of the result
/// that it is part of, so that the memory does not grow with the source.
Pixels lathe::runtime::resize(const Pixels &source, Side horizontal,
                              Side vertical) {
  int64_t channels = source.channels;
  int64_t length = horizontal.count * channels;
  Windows columns(source.width, horizontal), rows(source.height, vertical);
  bool keepsRows = source.width == horizontal.size;
  std::vector<uint8_t> resized(static_cast<size_t>(length));
  std::vector<int32_t> sums(static_cast<size_t>(length * vertical.count), half);
  const std::vector<Window> &windows = rows.all();
  size_t first = 0;
  for (int64_t y = windows.front().begin; y < windows.back().end; ++y) {
    const uint8_t *row = resized.data();
    if (keepsRows)
      row = source.row(y) + horizontal.begin * channels;
    else
      resizeRow(source.row(y), resized.data(), channels, columns.all());
    while (windows[first].end <= y)
      ++first;
    for (size_t i = first; i < windows.size() && windows[i].begin <= y; ++i) {
      int32_t weight = windows[i].weights[y - windows[i].begin];
      int32_t *sum = sums.data() + static_cast<int64_t>(i) * length;
      for (int64_t x = 0; x < length; ++x)
        sum[x] += row[x] * weight;
    }
  }
  Pixels result = Pixels::allocate(horizontal.count, vertical.count, channels);
  std::transform(sums.begin(), sums.end(), result.data.get(), roundSum);
  return result;
}

static Side centreOf(int64_t size, int64_t count) {
  int64_t rest = size - count;
  int64_t begin = rest / 2;
  if (rest % 2)
    begin += begin % 2;
  return {size, begin, count};
}

std::pair<Side, Side> lathe::runtime::coverCentre(int64_t width, int64_t height,
                                                  int64_t toWidth,
                                                  int64_t toHeight) {
  // The side that is shorter, compared with what is wanted, is met exactly.
  int64_t scaledWidth = toWidth, scaledHeight = toHeight;
  if (toWidth * height >= toHeight * width)
    scaledHeight = toWidth * height / width;
  else
    scaledWidth = toHeight * width / height;
  return {centreOf(scaledWidth, toWidth), centreOf(scaledHeight, toHeight)};
}
