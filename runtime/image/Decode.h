//===- Decode.h - Image files into pixels ---------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_IMAGE_DECODE_H
#define LATHE_RUNTIME_IMAGE_DECODE_H

#include "runtime/Status.h"
#include "runtime/image/Pixels.h"
#include <span>

namespace lathe::runtime {

/// An image of more is refused before memory is taken for it.
inline constexpr int64_t mostPixels = int64_t(1) << 28;

/// Reads the PNG or JPEG file at `path`, whatever its name, as 1 (grey) or 3
/// (red, green, blue) channels. Alpha is laid over white; grey of colours is
/// ITU-R BT.601's luma; 16 bits are rounded to 8. Fails with a message where
/// the file is neither, is damaged or truncated, or has too many pixels.
Result<Pixels> readImage(const std::string &path, int64_t channels);

/// The same with all `bytes` of the file, which messages call `path`.
Result<Pixels> decodeImage(const std::string &path,
                           std::span<const uint8_t> bytes, int64_t channels);

/// The parts of this: the pixels have the channels that the file has.
bool isPng(std::span<const uint8_t> bytes);
bool isJpeg(std::span<const uint8_t> bytes);
Result<Pixels> decodePng(const std::string &path,
                         std::span<const uint8_t> bytes);
Result<Pixels> decodeJpeg(const std::string &path,
                          std::span<const uint8_t> bytes);
/// Fails where an image of this size has no pixels or too many.
Status checkSize(const std::string &path, int64_t width, int64_t height);

/// The same image with 1 or 3 channels.
Pixels convertTo(int64_t channels, Pixels pixels);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_IMAGE_DECODE_H
