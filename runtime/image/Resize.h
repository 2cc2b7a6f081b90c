//===- Resize.h - Images of another size ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_IMAGE_RESIZE_H
#define LATHE_RUNTIME_IMAGE_RESIZE_H

#include "runtime/image/Pixels.h"

namespace lathe::runtime {

/// One side of a resized image: it would have `size` pixels, of which `count`
/// are wanted, from `begin` on.
struct Side {
  int64_t size;
  int64_t begin = 0;
  int64_t count = size;
};

/// The part `horizontal` by `vertical` of the resized image. Bilinear: a pixel
/// is the mean of those around its centre, with weights that fall to nothing
/// over one pixel's width, of the source or, where the image shrinks, of the
/// result. Rows first, each of the two steps rounded to 8 bits, in 22 bits
/// after the point: bit for bit what Pillow's BILINEAR gives.
Pixels resize(const Pixels &source, Side horizontal, Side vertical);

/// The centre of an image of `width` by `height` that was resized, its
/// proportions kept, to just cover `toWidth` by `toHeight`. Sizes are rounded
/// down and the centre to the even pixel, as torchvision does.
std::pair<Side, Side> coverCentre(int64_t width, int64_t height,
                                  int64_t toWidth, int64_t toHeight);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_IMAGE_RESIZE_H
