//===- Norm.td - Normalisation -----------------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_NORM_TD
#define LATHE_NORM_TD

include "dialect/Kinds.td"

/// The last `dims` extents of the input.
def LayerNormShape {
  string expr = "[in.features] if dims == 1 else "
                "[in.height, in.width] if dims == 2 else "
                "[in.shape[in.rank - 3], in.height, in.width]";
}

def Lathe_BatchNormOp : Lathe_Op<"batch_norm",
    [Operand<"input", Lathe_FloatTensor, "[N, C, ...]">],
    [FloatKey<"eps", "added to the variance", "1e-5">],
    [Parameter<"weight", "[in.channels]", "the scale γ", "ones">,
     Parameter<"bias", "[in.channels]", "the shift β", "zeros">,
     Parameter<"running_mean", "[in.channels]", "the mean μ", "zeros">,
     Parameter<"running_var", "[in.channels]", "the variance σ²", "ones">]> {
  let family = "Normalisation";
  let summary = "batch normalisation at inference: an affine map a channel";
  let formula = "y[n, c, …] = γ[c] (x[n, c, …] − μ[c]) / √(σ²[c] + eps) + β[c]";
  let source = "Ioffe and Szegedy, Batch Normalization, ICML 2015";
  let example = "{id: bn, op: batch_norm}";
  let description = [{
    The mean and the variance are those of training, stored with the weights.
    Channels are the second dimension.

    Constraints:
    - (C1) the input has at least rank 2.
    - (C2) weight, bias, running_mean and running_var are [channels].
    - (C3) eps is at least 0.
  }];
}

def Lathe_LayerNormOp : Lathe_Op<"layer_norm",
    [Operand<"input", Lathe_FloatTensor, "[..., the normalised dimensions]">],
    [IntKey<"dims", "how many of the last dimensions are normalised together, 1 to 3", "1">,
     FloatKey<"eps", "added to the variance", "1e-5">,
     OptionalIntKey<"zeros", "how many elements beside those of the input, all zero, the mean and "
                    "the variance count; none by default">,
     ShapingKey<"affine", "bool", "whether a scale and a shift follow", "true">],
    [Parameter<"weight", LayerNormShape.expr, "the scale γ", "ones", "affine">,
     Parameter<"bias", LayerNormShape.expr, "the shift β", "zeros", "affine">]> {
  let family = "Normalisation";
  let summary = "normalisation over the last dimensions";
  let formula = "y = γ ⊙ (x − mean(x)) / √(var(x) + eps) + β, mean and var over the last dims";
  let source = "Ba, Kiros and Hinton, Layer Normalization, 2016";
  let example = "{id: ln, op: layer_norm}";
  let description = [{
    The variance is the biased one: the mean of the squared deviations. A norm
    of a few elements among zeros needs those alone: `zeros` says how many it
    is spared.

    Constraints:
    - (C1) dims is 1 to 3 and at most the input's rank.
    - (C2) weight and bias have the shape of the normalised dimensions.
    - (C3) eps is at least 0.
    - (C4) weight and bias are both given or both absent.
    - (C5) zeros is at least 0.
  }];
}

def Lathe_RmsNormOp : Lathe_Op<"rms_norm",
    [Operand<"input", Lathe_FloatTensor, "[..., features]">],
    [FloatKey<"eps", "added to the mean square", "1e-5">,
     ShapingKey<"affine", "bool", "whether a scale follows", "true">],
    [Parameter<"weight", "[in.features]", "the scale γ", "ones", "affine">]> {
  let family = "Normalisation";
  let summary = "division by the root mean square of the last dimension";
  let formula = "y = γ ⊙ x / √(mean(x²) + eps), mean over the last dimension";
  let source = "Zhang and Sennrich, Root Mean Square Layer Normalization, NeurIPS 2019";
  let example = "{id: input_layernorm, op: rms_norm, eps: 1e-6}";
  let description = [{
    Constraints:
    - (C1) the input has a last dimension.
    - (C2) the weight is [last dimension of the input].
    - (C3) eps is at least 0.
  }];
}

def Lathe_GroupNormOp : Lathe_Op<"group_norm",
    [Operand<"input", Lathe_FloatTensor, "[N, C, ...]">],
    [IntKey<"groups", "groups of channels; `in.channels` normalises each alone (instance norm)">,
     FloatKey<"eps", "added to the variance", "1e-5">,
     ShapingKey<"affine", "bool", "whether a scale and a shift a channel follow", "true">],
    [Parameter<"weight", "[in.channels]", "the scale γ", "ones", "affine">,
     Parameter<"bias", "[in.channels]", "the shift β", "zeros", "affine">]> {
  let family = "Normalisation";
  let summary = "normalisation over groups of channels and all positions";
  let formula = "y[n, c, …] = γ[c] (x[n, c, …] − mean) / √(var + eps) + β[c], "
                "mean and var over the channels of c's group and all positions of n";
  let source = "Wu and He, Group Normalization, ECCV 2018";
  let example = "{id: gn, op: group_norm, groups: 8}";
  let description = [{
    The variance is the biased one: the mean of the squared deviations.

    Constraints:
    - (C1) the input has at least rank 2.
    - (C2) weight and bias are [channels].
    - (C3) eps is at least 0.
    - (C4) weight and bias are both given or both absent.
    - (C5) groups divides the channels.
  }];
}

#endif // LATHE_NORM_TD
