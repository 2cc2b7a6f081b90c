//===- Phases.h - Transposed convolutions by their phases -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWER_PHASES_H
#define LATHE_CODEGEN_LOWER_PHASES_H

#include "codegen/Lowering.h"
#include "dialect/LatheDialect.h"

namespace mlir::lathe {

/// Whether `transposeByPhases` can compute it: one group, no dilation.
bool hasPhases(ConvTranspose2dOp op);

/// A transposed convolution of an image [N, H, W, C] by filters [C, F, p, q]
/// without its bias, as [N, H', W', F]. Row o of the result sums over the taps
/// p = (o + padding) mod stride + m · stride of the rows
/// ⌊(o + padding) / stride⌋ − m of the image: pixels of one remainder have the
/// same few taps, where a convolution of an image with zeros between its pixels
/// multiplies with those, too.
Value transposeByPhases(Structured &b, ConvTranspose2dOp op, Value image,
                        Value filters);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWER_PHASES_H
