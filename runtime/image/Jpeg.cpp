//===- Jpeg.cpp - JPEG files into pixels ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/image/Decode.h"
#include <csetjmp>
#include <cstdio>
#include <jpeglib.h>
// After jpeglib.h.
#include <jerror.h>

using namespace lathe::runtime;

bool lathe::runtime::isJpeg(std::span<const uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 &&
         bytes[2] == 0xff;
}

namespace {

/// No camera or editor writes as many; each goes over all pixels.
constexpr int mostScans = 1000;

/// libjpeg reports a mistake by a jump, as libpng does: see PngReader.
class JpegReader {
public:
  JpegReader() {
    file.err = jpeg_std_error(&errors);
    file.client_data = this;
    errors.error_exit = onError;
    errors.emit_message = onMessage;
    progress.progress_monitor = onProgress;
  }
  ~JpegReader() { jpeg_destroy_decompress(&file); }

  bool readHeader(const uint8_t *bytes, size_t size) {
    if (setjmp(jump))
      return false;
    jpeg_create_decompress(&file);
    file.progress = &progress;
    jpeg_mem_src(&file, bytes, size);
    jpeg_read_header(&file, TRUE);
    width = file.image_width;
    height = file.image_height;
    channels = file.num_components == 1 ? 1 : 3;
    return true;
  }
  /// Inks have no one meaning as colours of a screen.
  bool isOfInks() const {
    return file.jpeg_color_space == JCS_CMYK ||
           file.jpeg_color_space == JCS_YCCK;
  }

  bool readRows(uint8_t *first) {
    if (setjmp(jump))
      return false;
    file.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&file);
    while (file.output_scanline < file.output_height) {
      JSAMPROW row = first + file.output_scanline * width * channels;
      jpeg_read_scanlines(&file, &row, 1);
    }
    return true;
  }

  int64_t width = 0, height = 0, channels = 0;
  char message[JMSG_LENGTH_MAX] = "";

private:
  [[noreturn]] static void onError(j_common_ptr file) {
    auto &reader = *static_cast<JpegReader *>(file->client_data);
    file->err->format_message(file, reader.message);
    longjmp(reader.jump, 1);
  }
  /// Of the warnings, those that mean missing pixels are mistakes.
  static void onMessage(j_common_ptr file, int level) {
    int code = file->err->msg_code;
    if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER))
      onError(file);
  }
  static void onProgress(j_common_ptr file) {
    if (reinterpret_cast<j_decompress_ptr>(file)->input_scan_number > mostScans)
      ERREXIT(file, JERR_BAD_PROGRESSION);
  }

  jpeg_decompress_struct file = {};
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf jump;
};

} // namespace

Result<Pixels> lathe::runtime::decodeJpeg(const std::string &path,
                                          std::span<const uint8_t> bytes) {
  JpegReader reader;
  auto refuse = [&] {
    return Status(LATHE_BAD_FILE,
                  concat(quote(path), " is no whole JPEG file (",
                         reader.message, "); save it again"));
  };
  if (!reader.readHeader(bytes.data(), bytes.size()))
    return refuse();
  if (reader.isOfInks())
    return Status(LATHE_BAD_FILE,
                  concat(quote(path),
                         " has the colours of inks (CMYK); convert "
                         "it to RGB"));
  if (Status status = checkSize(path, reader.width, reader.height);
      status.failed())
    return status;
  Pixels pixels =
      Pixels::allocate(reader.width, reader.height, reader.channels);
  if (!reader.readRows(pixels.data.get()))
    return refuse();
  return pixels;
}
