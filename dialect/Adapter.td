//===- Adapter.td - Adapters of frozen layers --------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_ADAPTER_TD
#define LATHE_ADAPTER_TD

include "dialect/Kinds.td"

def Lathe_KroneckerAdapterOp : Lathe_Op<"kronecker_adapter",
    [Operand<"input", Lathe_FloatTensor, "[..., features in]">],
    [ShapingKey<"features", "int", "output features">,
     ShapingKey<"n", "int", "terms of the sum, and rows of each A", "4">,
     ShapingKey<"rank", "int", "rank of each B; 0 for full matrices", "1">,
     ShapingKey<"factored_rule", "bool", "whether each A is a product of two vectors", "false">,
     ShapingKey<"bias", "bool", "whether a bias is added", "true">],
    [Parameter<"phm_rule", "[n, n, n]", "A", "normal(0.1)", "not factored_rule">,
     Parameter<"phm_rule_left", "[n, n, 1]", "the left factors of A", "normal(0.1)", "factored_rule">,
     Parameter<"phm_rule_right", "[n, 1, n]", "the right factors of A", "normal(0.1)", "factored_rule">,
     Parameter<"W", "[n, in.features // n, features // n]", "B", "normal(0.1)", "rank == 0">,
     Parameter<"W_left", "[n, in.features // n, rank]", "the left factors of B", "normal(0.1)", "rank > 0">,
     Parameter<"W_right", "[n, rank, features // n]", "the right factors of B", "normal(0.1)", "rank > 0">,
     Parameter<"b", "[features]", "added to every output", "zeros", "bias">]> {
  let family = "Adapters";
  let summary = "a linear map whose matrix is a sum of Kronecker products";
  let formula = "y = x H + b,  H = Σ_{i<n} A_i ⊗ B_i,  B_i = s_i t_iᵀ";
  let source = "Karimi Mahabadi et al., Compacter: Efficient Low-Rank Hypercomplex Adapter Layers, "
               "NeurIPS 2021";
  let example = "{id: down_sampler, op: kronecker_adapter, features: 24}";
  let description = [{
    H is input by output. The compiler computes it once, or multiplies by its
    factors, whichever is cheaper: `lathe explain` tells.

    Constraints:
    - (C1) the input has a static last dimension.
    - (C2) A is [n, n, n], or its factors are [n, n, k] and [n, k, n].
    - (C3) B is [n, in / n, out / n], or its factors are [n, in / n, r] and [n, r, out / n].
    - (C4) n divides the features on both sides.
    - (C5) the bias, if any, is [features].
  }];
}

def Lathe_ChannelReprogramOp : Lathe_Op<"channel_reprogram",
    [Operand<"input", Lathe_FloatTensor, "[N, C, H, W], a frozen convolution's output">],
    [ShapingKey<"kernel", "int", "extent of the window, in pixels, odd", "3">,
     ShapingKey<"residual", "bool", "whether the result, scaled a channel, is added to the input", "false">],
    [Parameter<"weight", "[in.channels, 1, kernel, kernel]", "a filter a channel">,
     Parameter<"A", "[1, in.channels, 1, 1]", "the scale of the residual form", "zeros", "residual">],
    [DeclareOpInterfaceMethods<MatrixOpInterface, ["isMatrix"]>]> {
  let family = "Adapters";
  let summary = "channel-wise reprogramming: a depthwise convolution a task behind a frozen layer";
  let formula = "y = dw_t(x), or x + A_t ⊙ dw_t(x)";
  let source = "Ge et al., CLR: Channel-wise Lightweight Reprogramming for Continual Learning, ICCV 2023";
  let example = "{id: Ghos_Mod.0, op: channel_reprogram, kernel: 3}";
  let description = [{
    Stride 1, padding kernel / 2, no bias. A program of several tasks has one
    such step whose key `per` lets an input choose the task's parameters.

    Constraints:
    - (C1) the input has rank 4 and a static number of channels.
    - (C2) the weight is [C, 1, k, k] with an odd k.
    - (C3) A, if any, is [1, C, 1, 1].
  }];
}

#endif // LATHE_ADAPTER_TD
