//===- Spectral.td - Filters in the frequency domain -------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SPECTRAL_TD
#define LATHE_SPECTRAL_TD

include "dialect/Kinds.td"

def FrequencyFilterShapes {
  string weight = "[2, blocks, in.channels // blocks, in.channels // blocks]";
  string bias = "[2, blocks, in.channels // blocks]";
}

def Lathe_FrequencyFilterOp : Lathe_Op<"frequency_filter",
    [Operand<"input", Lathe_FloatTensor, "[N, C, H, W]">],
    [IntKey<"blocks", "blocks of channels that the products of the mask do not mix", "8">,
     EnumKey<"act", Lathe_ActivationKindAttr, "the activation between the products", "silu">,
     FloatKey<"softshrink", "the threshold below which the mask is 0", "0.01">],
    [Parameter<"w1", FrequencyFilterShapes.weight, "W₁, real and imaginary part, input by output",
               "normal(0.02)">,
     Parameter<"b1", FrequencyFilterShapes.bias, "b₁, real and imaginary part", "normal(0.02)">,
     Parameter<"w2", FrequencyFilterShapes.weight, "W₂, real and imaginary part, input by output",
               "normal(0.02)">,
     Parameter<"b2", FrequencyFilterShapes.bias, "b₂, real and imaginary part", "normal(0.02)">]> {
  let family = "Spectral";
  let takesEpilogue = 0;
  let summary = "an adaptive frequency filter: token mixing by a mask made in the frequency domain";
  let formula = "X = rfft2(x);  Z = act(W₁ X + b₁);  M = softshrink(W₂ Z + b₂);  "
                "y = irfft2(M ⊙ X) + x";
  let source = "Huang et al., Adaptive Frequency Filters As Efficient Global Token Mixers, ICCV 2023";
  let example = "{id: mix, op: frequency_filter, blocks: 8, act: silu}";
  let description = [{
    Both transforms are orthonormal. W₁ and W₂ are complex and block-diagonal
    over the channels: at every frequency, output o of block k of the product is
    Σ_i X[k, i] W[k, i, o]. The activation and the soft threshold
    act on real and imaginary parts apart.

    M ⊙ X is not Hermitian in the columns 0 and (W even) W/2 of the half
    spectrum. The inverse is therefore a complex transform along H, then a
    complex-to-real one along W, which ignores the imaginary parts of these two
    columns.

    FLOPs: a real transform of an image of n = H·W pixels counts as
    2.5·n·log2(n), the usual measure of a fast transform; both products, the
    mask and the sum are counted as they are computed, on the H·(W/2 + 1)
    frequencies of the half spectrum. Only the products are multiply-adds.

    Constraints:
    - (C1) the input has rank 4.
    - (C2) blocks divides the channels.
    - (C3) H and W are static.
    - (C4) w1 and w2 are [2, blocks, C / blocks, C / blocks], b1 and b2 [2, blocks, C / blocks].
    - (C5) softshrink is at least 0.
    - (C6) act takes no constant: it is none of leaky_relu, elu, softshrink and hardshrink.
  }];
}

#endif // LATHE_SPECTRAL_TD
