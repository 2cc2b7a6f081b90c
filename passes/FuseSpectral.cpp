//===- FuseSpectral.cpp - Filters of frequencies that stay in cache -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A spectrum is as large as the image, and a filter passes over it seven times:
// two transforms, two products, the mask, two transforms back. Blocks of
// channels do not mix, so that one after the other can do all of this in cache.
//
//===----------------------------------------------------------------------===//

#include "dialect/Fused.h"
#include "passes/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FUSESPECTRAL
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// The widest vector's elements, up to which channels are filled.
static constexpr int64_t widestVector = 16;

/// The widest blocks whose spectra may be too large for a stack. In wider ones
/// products take the time, which nests share among threads.
static constexpr int64_t widestLarge = 64;

/// What each channel of a block takes of the stack beside the spectrum, for two
/// of the widest vectors of frequencies: two parts, before the products and
/// between them.
static constexpr int64_t tileBytes = 4 * 2 * widestVector * 4;

static bool canFuse(FrequencyFilterOp op) {
  ArrayRef<int64_t> shape = op.getInput().getType().getShape();
  int64_t block = shape[1] / static_cast<int64_t>(op.getBlocks());
  int64_t bytes, all;
  // Two f32 a frequency and channel.
  bool overflows =
      llvm::MulOverflow<int64_t>(shape[2], (shape[3] / 2 + 1) * 8, bytes) ||
      llvm::MulOverflow<int64_t>(bytes, llvm::alignTo(block, widestVector),
                                 bytes) ||
      llvm::MulOverflow<int64_t>(bytes, op.getBlocks(), all);
  return !getElementTypeOrSelf(op.getInput()).isF64() && !overflows &&
         block <= mostSpectrumBytes / tileBytes &&
         (bytes <= mostSpectrumBytes || block <= widestLarge);
}

/// Whether a workgroup of a device can share what a column of a block takes,
/// and a frequency of what is between the products. A line of real numbers is
/// half as long as one of complex ones.
static bool canShare(FrequencyFilterOp op, int64_t sharedBytes,
                     int64_t mostLine) {
  ArrayRef<int64_t> shape = op.getInput().getType().getShape();
  int64_t each = shape[1] / static_cast<int64_t>(op.getBlocks());
  int64_t height = shape[2], width = shape[3];
  int64_t bytes = 0;
  return !getElementTypeOrSelf(op.getInput()).isF64() && height <= mostLine &&
         width <= 2 * mostLine &&
         !llvm::MulOverflow<int64_t>((height + 1) * 8, each, bytes) &&
         bytes <= sharedBytes;
}

namespace {
struct FuseSpectralPass : lathe::impl::FuseSpectralBase<FuseSpectralPass> {
  using FuseSpectralBase::FuseSpectralBase;

  void runOnOperation() override {
    getOperation().walk([&](FrequencyFilterOp op) {
      if (isFused(op))
        return;
      if (sharedBytes ? !canShare(op, sharedBytes, mostLine) : !canFuse(op)) {
        ++kept;
        return;
      }
      markFused(op);
      ++fused;
    });
  }
};
} // namespace
