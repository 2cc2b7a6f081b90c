//===- Pixels.h - Images in memory ----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_IMAGE_PIXELS_H
#define LATHE_RUNTIME_IMAGE_PIXELS_H

#include <cstdint>
#include <memory>

namespace lathe::runtime {

/// An image: rows from the top, 8 bits a channel, channels side by side.
struct Pixels {
  int64_t width = 0, height = 0;
  /// 1: grey; 2: grey and alpha; 3: red, green, blue; 4: these and alpha.
  int64_t channels = 0;
  std::unique_ptr<uint8_t[]> data;

  /// With what the memory held before.
  static Pixels allocate(int64_t width, int64_t height, int64_t channels) {
    auto bytes = static_cast<size_t>(width * height * channels);
    return {width, height, channels,
            std::make_unique_for_overwrite<uint8_t[]>(bytes)};
  }
  uint8_t *row(int64_t y) { return data.get() + y * width * channels; }
  const uint8_t *row(int64_t y) const {
    return data.get() + y * width * channels;
  }
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_IMAGE_PIXELS_H
