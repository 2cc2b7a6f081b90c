//===- Png.cpp - PNG files into pixels ------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/image/Decode.h"
#include <algorithm>
#include <png.h>

using namespace lathe::runtime;

bool lathe::runtime::isPng(std::span<const uint8_t> bytes) {
  return bytes.size() >= 8 && !png_sig_cmp(bytes.data(), 0, 8);
}

namespace {

/// libpng reports a mistake by a jump out of the function that called it, past
/// all destructors: members that do this hold no objects that have one.
class PngReader {
public:
  explicit PngReader(std::span<const uint8_t> bytes) : bytes(bytes) {
    png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, this, onError, onWarning);
    if (png)
      info = png_create_info_struct(png);
    if (!info)
      throw std::bad_alloc();
  }
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }

  /// Reads what comes before the pixels, and asks for 8 bits a channel.
  bool readHeader() {
    if (setjmp(png_jmpbuf(png)))
      return false;
    png_set_read_fn(png, this, readBytes);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(png, info);
    width = png_get_image_width(png, info);
    height = png_get_image_height(png, info);
    fileRowBytes = png_get_rowbytes(png, info);
    png_set_expand(png);
    png_set_scale_16(png);
    passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    channels = png_get_channels(png, info);
    return true;
  }

  bool readRows(uint8_t *first) {
    if (setjmp(png_jmpbuf(png)))
      return false;
    for (int pass = 0; pass < passes; ++pass)
      for (int64_t y = 0; y < height; ++y)
        png_read_row(png, first + y * width * channels, nullptr);
    return true;
  }

  /// Whether the file is too short for its pixels: deflate makes at most 1032
  /// bytes out of one. So no memory is taken for a small file that says it is
  /// large.
  bool isTooShort() const {
    return fileRowBytes * static_cast<uint64_t>(height) / 1032 > bytes.size();
  }

  int64_t width = 0, height = 0, channels = 0;
  char message[200] = "it is truncated";

private:
  static PngReader &readerOf(png_voidp pointer) {
    return *static_cast<PngReader *>(pointer);
  }
  [[noreturn]] static void onError(png_structp png, png_const_charp text) {
    PngReader &reader = readerOf(png_get_error_ptr(png));
    snprintf(reader.message, sizeof(reader.message), "%s", text);
    png_longjmp(png, 1);
  }
  static void onWarning(png_structp, png_const_charp) {}
  static void readBytes(png_structp png, png_bytep target, size_t count) {
    PngReader &reader = readerOf(png_get_io_ptr(png));
    if (count > reader.bytes.size() - reader.next)
      png_error(png, "it is truncated");
    std::memcpy(target, reader.bytes.data() + reader.next, count);
    reader.next += count;
  }

  std::span<const uint8_t> bytes;
  size_t next = 0;
  uint64_t fileRowBytes = 0;
  int passes = 1;
  png_structp png = nullptr;
  png_infop info = nullptr;
};

} // namespace

Result<Pixels> lathe::runtime::decodePng(const std::string &path,
                                         std::span<const uint8_t> bytes) {
  PngReader reader(bytes);
  auto refuse = [&] {
    return Status(LATHE_BAD_FILE, concat(quote(path), " is no whole PNG file (",
                                         reader.message, "); save it again"));
  };
  if (!reader.readHeader())
    return refuse();
  if (Status status = checkSize(path, reader.width, reader.height);
      status.failed())
    return status;
  if (reader.isTooShort())
    return refuse();
  Pixels pixels =
      Pixels::allocate(reader.width, reader.height, reader.channels);
  if (!reader.readRows(pixels.data.get()))
    return refuse();
  return pixels;
}
