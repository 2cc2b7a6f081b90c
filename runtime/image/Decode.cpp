//===- Decode.cpp - Image files into pixels -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/image/Decode.h"
#include "runtime/File.h"
#include <algorithm>

using namespace lathe::runtime;

Status lathe::runtime::checkSize(const std::string &path, int64_t width,
                                 int64_t height) {
  if (width > 0 && height > 0 && width <= mostPixels / height)
    return {};
  return {LATHE_BAD_FILE,
          concat(quote(path), " has ", width, "x", height,
                 " pixels; an image has at least one and at most 2^28 of them, "
                 "make it smaller")};
}

/// A channel of a pixel that is laid over white.
static uint8_t overWhite(int value, int alpha) {
  return static_cast<uint8_t>((value * alpha + 255 * (255 - alpha) + 127) /
                              255);
}

/// 0.299 red + 0.587 green + 0.114 blue, in 16 bits after the point.
static uint8_t luma(const uint8_t *rgb) {
  return static_cast<uint8_t>(
      (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + (1 << 15)) >> 16);
}

Pixels lathe::runtime::convertTo(int64_t channels, Pixels pixels) {
  if (pixels.channels == channels)
    return pixels;
  Pixels result = Pixels::allocate(pixels.width, pixels.height, channels);
  const uint8_t *from = pixels.data.get();
  uint8_t *to = result.data.get();
  int64_t colours = pixels.channels < 3 ? 1 : 3;
  bool hasAlpha = pixels.channels != colours;
  for (int64_t i = pixels.width * pixels.height; i > 0; --i) {
    uint8_t colour[3];
    for (int64_t c = 0; c < 3; ++c)
      colour[c] = from[std::min(c, colours - 1)];
    if (hasAlpha)
      for (uint8_t &value : colour)
        value = overWhite(value, from[colours]);
    if (channels == 1)
      *to = colours == 1 ? colour[0] : luma(colour);
    else
      std::copy_n(colour, 3, to);
    from += pixels.channels;
    to += channels;
  }
  return result;
}

Result<Pixels> lathe::runtime::readImage(const std::string &path,
                                         int64_t channels) {
  auto file = MappedFile::open(path);
  if (!file)
    return file.status();
  return decodeImage(path, {file->data(), file->size()}, channels);
}

Result<Pixels> lathe::runtime::decodeImage(const std::string &path,
                                           std::span<const uint8_t> bytes,
                                           int64_t channels) {
  if (!isPng(bytes) && !isJpeg(bytes))
    return Status(LATHE_BAD_FILE,
                  concat(quote(path), " is neither a PNG nor a JPEG file; "
                                      "convert it to one of these"));
  auto pixels = isPng(bytes) ? decodePng(path, bytes) : decodeJpeg(path, bytes);
  if (!pixels)
    return pixels.status();
  return convertTo(channels, std::move(*pixels));
}
