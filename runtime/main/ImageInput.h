//===- ImageInput.h - Image files as inputs -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_IMAGEINPUT_H
#define LATHE_RUNTIME_MAIN_IMAGEINPUT_H

#include "runtime/main/HostTensor.h"
#include "runtime/main/TensorRoles.h"

namespace lathe::runtime {

/// An image file as an input has it: the input's pixel x is the file's pixel
/// (x + left) * scaleX, and likewise for y.
struct PlacedImage {
  std::string file;
  int64_t width = 0, height = 0; ///< Of the file.
  double scaleX = 1, scaleY = 1;
  double left = 0, top = 0;
};

struct ImageBatch {
  HostTensor tensor;
  std::vector<PlacedImage> images;
};

/// The files that an input's text names: one, or several between commas.
std::vector<std::string> splitFiles(const std::string &text);

/// Whether the files are not arrays: .npy or .safetensors.
bool areImages(const std::vector<std::string> &files);

/// Reads the files, one behind another along the first axis of the input
/// `info`. Weak: programs without an image input are not linked with it, nor
/// with the libraries that it needs, and do not call it.
[[gnu::weak, gnu::visibility("default")]] Result<ImageBatch>
readImages(const std::vector<std::string> &files, const LatheTensorInfo &info,
           const ImageRole &role);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_IMAGEINPUT_H
