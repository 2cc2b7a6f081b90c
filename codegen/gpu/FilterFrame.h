//===- FilterFrame.h - What kernels of frequency filters share ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_FILTERFRAME_H
#define LATHE_CODEGEN_GPU_FILTERFRAME_H

#include "codegen/Fourier.h"
#include "codegen/gpu/FusedKernel.h"

namespace mlir::lathe::kernel {

/// Sizes of a filter, and transforms of lines.
class FilterFrame : public FusedKernel {
protected:
  FilterFrame(FrequencyFilterOp op, int64_t workgroupSize, std::string plan,
              OpBuilder &builder);

  using Load = function_ref<Value(Value index, bool imaginary)>;
  using Store = function_ref<void(Value index, bool imaginary, Value x)>;
  /// Transforms a line in registers, without a scale: all is read before
  /// anything is stored.
  void transform(FourierKind kind, int64_t length, Load load, Store store);

  /// The indices of a number in the memory for spectra, which has all real
  /// parts of an image first, by rows, columns and channels.
  Values spectrumAt(Value image, bool imaginary, Value row, Value column,
                    Value channel);

  FrequencyFilterOp op;
  /// Of images, columns of the half spectrum, and channels: all, and those of a
  /// block.
  int64_t height, width, half, channels, each;
  /// Of both transforms and of their inverses.
  double scale;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_FILTERFRAME_H
