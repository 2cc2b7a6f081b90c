//===- Phases.cpp - Transposed convolutions by their phases ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Phases.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;

bool lathe::hasPhases(ConvTranspose2dOp op) {
  return op.getGroups() == 1 &&
         llvm::all_of(op.getDilation(), [](int64_t d) { return d == 1; });
}

namespace {
/// One of the two dimensions of a transposed convolution.
struct Phases {
  Phases(ConvTranspose2dOp op, unsigned dim, int64_t kernel)
      : stride(op.getStride()[dim]), before(op.getPadding()[dim]),
        taps(llvm::divideCeil(kernel, stride)),
        low(std::max<int64_t>(0, taps - 1 - before / stride)),
        high(std::max<int64_t>(
            0, llvm::divideFloorSigned(kernel - 1 - op.getPadding()[dim + 2] +
                                           op.getOutputPadding()[dim],
                                       stride))) {}

  /// The remainder of a row of the result, which chooses the taps.
  AffineExpr phase(AffineExpr row) const { return (row + before) % stride; }

  /// The row of the padded image under a tap of a row of the result.
  AffineExpr source(AffineExpr row, AffineExpr tap) const {
    return (row + before).floorDiv(stride) + tap + (low - (taps - 1));
  }

  /// The place in the filter of a tap of a phase: taps follow the image's rows,
  /// and so go back in the filter.
  AffineExpr place(AffineExpr phase, AffineExpr tap) const {
    return phase + (taps - 1 - tap) * stride;
  }

  int64_t stride, before;
  /// Of a phase. The filter's last ones may be zeros, to be as many in all.
  int64_t taps;
  /// Rows of zeros around the image.
  int64_t low, high;
};
} // namespace

Value lathe::transposeByPhases(Structured &b, ConvTranspose2dOp op, Value image,
                               Value filters) {
  Shape size = b.getShape(filters), shape = b.getResultShape();
  Phases rows(op, 0, *size[2].getConstant());
  Phases columns(op, 1, *size[3].getConstant());
  image = b.pad(image, {0, rows.low, columns.low, 0},
                {0, rows.high, columns.high, 0}, PaddingMode::zeros);
  filters = b.pad(filters, {0, 0, 0, 0},
                  {0, 0, rows.taps * rows.stride - *size[2].getConstant(),
                   columns.taps * columns.stride - *size[3].getConstant()},
                  PaddingMode::zeros);
  // [phase, phase, tap, tap, C, F]
  Value phases = b.map(
      {rows.stride, columns.stride, rows.taps, columns.taps, size[0], size[1]},
      getElementTypeOrSelf(filters), filters,
      b.mapOf(6, {b.d(4), b.d(5), rows.place(b.d(0), b.d(2)),
                  columns.place(b.d(1), b.d(3))}),
      [](Structured &, ValueRange args) { return args[0]; });
  AffineExpr n = b.d(0), i = b.d(1), j = b.d(2), f = b.d(3);
  AffineExpr p = b.d(4), q = b.d(5), c = b.d(6);
  return b.contract({shape[0], shape[2], shape[3], shape[1]}, 3, image,
                    b.mapOf(7, {n, rows.source(i, p), columns.source(j, q), c}),
                    phases,
                    b.mapOf(7, {rows.phase(i), columns.phase(j), p, q, c, f}));
}
