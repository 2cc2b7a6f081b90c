//===- ImageInput.cpp - Image files as inputs -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/ImageInput.h"
#include "runtime/image/Decode.h"
#include "runtime/image/Resize.h"
#include <array>
#include <tuple>

using namespace lathe::runtime;

namespace {

/// Puts images into the tensor of an input.
class BatchWriter {
public:
  BatchWriter(const LatheTensorInfo &info, const ImageRole &role, size_t count)
      : info(info), role(role), count(static_cast<int64_t>(count)) {
    for (int64_t c = 0; c < role.channels; ++c)
      for (int v = 0; v < 256; ++v)
        values[static_cast<size_t>(c)][static_cast<size_t>(v)] =
            (static_cast<float>(v) / 255.0f - role.mean[c]) / role.std[c];
  }

  Status add(const std::string &path) {
    auto pixels = readImage(path, role.channels);
    if (!pixels)
      return pixels.status();
    PlacedImage placed = {path, pixels->width, pixels->height};
    if (batch.images.empty())
      if (Status status = allocate(*pixels, path); status.failed())
        return status;
    int64_t height = batch.tensor.shape[2], width = batch.tensor.shape[3];
    if (pixels->width != width || pixels->height != height) {
      if (role.resize == ImageRole::None)
        return refuse(*pixels, path);
      fit(*pixels, placed, width, height);
    }
    store(*pixels);
    batch.images.push_back(std::move(placed));
    return {};
  }

  ImageBatch batch;

private:
  /// Sizes that the model leaves open are those of the first image.
  Status allocate(const Pixels &first, const std::string &path) {
    std::vector<int64_t> shape = {count, role.channels, first.height,
                                  first.width};
    for (size_t axis : {2, 3}) {
      int64_t least = info.minShape[axis], most = info.maxShape[axis];
      if (least == most)
        shape[axis] = most;
      else if (shape[axis] < least || shape[axis] > most)
        return {LATHE_BAD_SHAPE,
                concat(quote(path), " has ", first.width, "x", first.height,
                       " pixels, but ", quote(info.name), " takes a ",
                       axis == 2 ? "height" : "width", " of ", least, " to ",
                       most, "; resize the image")};
    }
    batch.tensor = HostTensor::allocate(LATHE_F32, std::move(shape));
    return {};
  }

  void fit(Pixels &pixels, PlacedImage &placed, int64_t width, int64_t height) {
    Side across = {width, 0, width}, down = {height, 0, height};
    if (role.resize == ImageRole::Crop)
      std::tie(across, down) =
          coverCentre(pixels.width, pixels.height, width, height);
    placed.scaleX =
        static_cast<double>(pixels.width) / static_cast<double>(across.size);
    placed.scaleY =
        static_cast<double>(pixels.height) / static_cast<double>(down.size);
    placed.left = static_cast<double>(across.begin);
    placed.top = static_cast<double>(down.begin);
    pixels = resize(pixels, across, down);
  }

  /// From channels side by side to one plane a channel.
  void store(const Pixels &pixels) {
    int64_t plane = pixels.width * pixels.height;
    auto *target =
        static_cast<float *>(batch.tensor.data) +
        static_cast<int64_t>(batch.images.size()) * role.channels * plane;
    for (int64_t c = 0; c < role.channels; ++c) {
      const std::array<float, 256> &table = values[static_cast<size_t>(c)];
      const uint8_t *next = pixels.data.get() + c;
      for (int64_t i = 0; i < plane; ++i, next += role.channels)
        *target++ = table[*next];
    }
  }

  Status refuse(const Pixels &pixels, const std::string &path) const {
    bool isFirst = batch.images.empty();
    return {LATHE_BAD_SHAPE,
            concat(quote(path), " has ", pixels.width, "x", pixels.height,
                   " pixels, but ",
                   quote(isFirst ? info.name : batch.images[0].file.c_str()),
                   isFirst ? " takes " : ", in the same batch, has ",
                   batch.tensor.shape[3], "x", batch.tensor.shape[2],
                   "; resize the image")};
  }

  const LatheTensorInfo &info;
  const ImageRole &role;
  int64_t count;
  std::array<std::array<float, 256>, 3> values;
};

} // namespace

Result<ImageBatch>
lathe::runtime::readImages(const std::vector<std::string> &files,
                           const LatheTensorInfo &info, const ImageRole &role) {
  BatchWriter writer(info, role, files.size());
  for (const std::string &file : files)
    if (Status status = writer.add(file); status.failed())
      return status;
  return std::move(writer.batch);
}
