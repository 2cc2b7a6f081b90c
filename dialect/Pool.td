//===- Pool.td - Pooling -----------------------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_POOL_TD
#define LATHE_POOL_TD

include "dialect/Kinds.td"

def Lathe_Pool2dOp : Lathe_Op<"pool2d",
    [Operand<"input", Lathe_FloatTensor, "[N, C, H, W]">],
    [EnumKey<"kind", Lathe_PoolKindAttr, "what a window yields">,
     PairKey<"kernel", "extent of the window, in pixels">,
     PairKey<"stride", "step of the window, in pixels", "kernel">,
     PairKey<"dilation", "distance of the window's taps, in pixels", "1">,
     PaddingKey<"padding", "pixels added at the edges: a number, [height, width], "
                "[top, left, bottom, right] or same", "0">,
     BoolKey<"ceil_mode", "whether a window may reach past the padded input, so that the number of "
             "windows is rounded up", "false">,
     BoolKey<"count_include_pad", "whether an average counts the added pixels", "true">]> {
  let family = "Pooling";
  let summary = "the maximum or the average of sliding windows";
  let formula = "y[n, c, i, j] = max or mean over (p, q) of "
                "x[n, c, i·stride + p·dilation − padding, …]";
  let example = "{op: max_pool2d, kernel: 3, stride: 2, padding: 1}";
  let aliases = [Alias<"max_pool2d", [["kind", "max"]]>,
                 Alias<"average_pool2d", [["kind", "average"]]>];
  let description = [{
    The added pixels are −∞ to a maximum and 0 to an average. A NaN in a window
    is its maximum.

    With `ceil_mode` every window counts that starts inside the input or the
    padding before it and reaches at most stride − 1 pixels past the padding
    after it. What lies there is −∞ to a maximum, 0 to an average, and never
    counted.

    Constraints:
    - (C1) the input has rank 4.
    - (C2) each padding is at most half the window's reach, which is
      (kernel − 1)·dilation + 1 pixels.
    - (C5) kernel, stride and dilation are positive pairs, padding four non-negative numbers.
    - (C6) the window fits into the padded input, with ceil_mode into stride − 1
      pixels more.
  }];
  let extraClassDeclaration = [{
    /// [top, left, bottom, right], with what windows may reach over at the end.
    ::llvm::SmallVector<int64_t, 4> getReachedPadding();
  }];
  let hasFolder = 1;
}

#endif // LATHE_POOL_TD
