//===- FuzzImage.cpp - Any bytes as an image file -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file is refused with a reason, or every pixel of its image can be read,
// and the image be resized.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/Decode.h"
#include "runtime/image/Resize.h"
#include <cstdlib>
#include <numeric>

using namespace lathe::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<Pixels> image = decodeImage("fuzzed", {data, size}, 3);
  if (!image) {
    if (image.status().message().empty())
      std::abort();
    return 0;
  }
  if (checkSize("fuzzed", image->width, image->height).failed() ||
      image->channels != 3)
    std::abort();
  auto [across, down] = coverCentre(image->width, image->height, 5, 7);
  Pixels small = resize(*image, across, down);
  const uint8_t *whole = image->data.get(), *part = small.data.get();
  volatile unsigned sum = std::accumulate(
      whole, whole + 3 * image->width * image->height,
      std::accumulate(part, part + 3 * small.width * small.height, 0u));
  (void)sum;
  return 0;
}
