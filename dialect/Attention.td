//===- Attention.td - Attention ----------------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_ATTENTION_TD
#define LATHE_ATTENTION_TD

include "dialect/Kinds.td"

/// The parameters of a batch norm in every subspace.
class SubspaceNorm<string operand, string name, string channels> {
  defvar path = "subspaces.{i}." # name # ".";
  defvar shape = "[" # channels # "]";
  list<Parameter> parameters = [
    ParameterFamily<operand # "_weight", path # "weight", "subspaces", shape,
                    "the scale γ", "ones">,
    ParameterFamily<operand # "_bias", path # "bias", "subspaces", shape,
                    "the shift β", "zeros">,
    ParameterFamily<operand # "_mean", path # "running_mean", "subspaces", shape,
                    "the mean μ", "zeros">,
    ParameterFamily<operand # "_var", path # "running_var", "subspaces", shape,
                    "the variance σ²", "ones">];
}

def Lathe_SubspaceAttentionOp : Lathe_Op<"subspace_attention",
    [Operand<"input", Lathe_FloatTensor, "[N, C, H, W]">],
    [IntKey<"subspaces", "parts of the channels, each with an attention map of its own", "4">,
     FloatKey<"eps", "added to the variances of both norms", "1e-5">],
    !listconcat(
      [ParameterFamily<"dws_weight", "subspaces.{i}.conv_dws.weight", "subspaces",
                       "[in.channels // subspaces, 1, 1, 1]", "the scale of each channel">,
       ParameterFamily<"dws_bias", "subspaces.{i}.conv_dws.bias", "subspaces",
                       "[in.channels // subspaces]", "the shift of each channel">],
      SubspaceNorm<"dws_norm", "bn_dws", "in.channels // subspaces">.parameters,
      [ParameterFamily<"point_weight", "subspaces.{i}.conv_point.weight", "subspaces",
                       "[1, in.channels // subspaces, 1, 1]", "the map that joins the channels">,
       ParameterFamily<"point_bias", "subspaces.{i}.conv_point.bias", "subspaces",
                       "[1]", "the shift of that map">],
      SubspaceNorm<"point_norm", "bn_point", "1">.parameters)> {
  let family = "Attention";
  let summary = "one spatial attention map for each part of the channels";
  let formula = "a = softmax over H·W of relu(BN₁(PW(maxpool3×3(relu(BN(DW x_i))))));  "
                "y_i = x_i + a ⊙ x_i";
  let source = "Saini et al., ULSAM: Ultra-Lightweight Subspace Attention Module for Compact "
               "Convolutional Neural Networks, WACV 2020";
  let example = "{id: attend, op: subspace_attention, subspaces: 4}";
  let description = [{
    The channels fall into `subspaces` parts x_i of neighbours. DW is a 1×1
    depthwise convolution with bias, the pool has stride 1 and padding 1, PW
    joins the part's channels to one map with bias, BN and BN₁ are batch norms
    at inference.

    Constraints:
    - (C1) the input has rank 4.
    - (C2) subspaces divides the channels.
    - (C3) every parameter is there once a subspace.
    - (C4) the parameters have the shapes listed below.
    - (C5) eps is at least 0.
  }];
}

#endif // LATHE_ATTENTION_TD
