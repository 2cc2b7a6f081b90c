//===- Sparsity.td - Pruning masks -------------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SPARSITY_TD
#define LATHE_SPARSITY_TD

include "dialect/Kinds.td"

/// Names of the released checkpoints.
class HsmParameter<string operand, string checkpointPath, string shape, string doc,
                   string init, string when>
    : Parameter<operand, shape, doc, init, when> { let path = checkpointPath; }

def PatSource {
  string text = "Huang et al., Pruning-Aware Tuning for Large Language Models, 2024";
}

def Lathe_ChannelMaskOp : Lathe_Op<"channel_mask", [],
    [ShapingKey<"features", "int", "channels, D">],
    [Parameter<"mask", "[1, 1, features]", "the mask, positive where a channel is kept", "ones">]> {
  let family = "Sparsity";
  let summary = "a mask of channels that several steps share";
  let formula = "y = m";
  let source = PatSource.text;
  let example = "{id: dimdown0.dimdown_mask, op: channel_mask, features: 4096}";
  let description = [{
    The parameter itself, for `hybrid_sparse_mask` and `mask_loss`. It decides
    structure: folding reads it when compiling.

    Constraints:
    - (C1) the mask is [1, 1, features].
  }];
}

/// The IR has it only where it is not the last.
def MaskAxis : IntKey<"axis", "the dimension of the mask's channels", "-1"> {
  let attr = DefaultValuedAttr<I64Attr, "-1">;
}

def Lathe_HybridSparseMaskOp : Lathe_Op<"hybrid_sparse_mask",
    [Operand<"input", Lathe_FloatTensor, "[..., features], or another form with the key axis">,
     OptionalOperand<"mask", Lathe_FloatTensor, "the mask m of a `channel_mask`, in place of its own">],
    [ShapingKey<"rank", "int", "rank of the correction U V; 0 for none", "200">,
     ShapingKey<"scale", "bool", "whether a scale s a channel follows", "true">,
     ShapingKey<"shared", "bool", "whether the mask is another step's, given as `mask`", "false">,
     MaskAxis,
     OptionalIntKey<"step", "the step t of training, for the soft mask">,
     OptionalIntKey<"steps", "all steps of training, S">],
    [HsmParameter<"v", "dimdown_inout.0.weight", "[rank, in.shape[axis]]", "V", "normal(0.02)", "rank > 0">,
     HsmParameter<"u", "dimdown_inout.1.weight", "[in.shape[axis], rank]", "U", "normal(0.02)", "rank > 0">,
     HsmParameter<"scale", "dimdown_scale.weight", "[1, in.shape[axis]]", "s", "ones", "scale">,
     HsmParameter<"own_mask", "dimdown_mask.mask", "[1, 1, in.shape[axis]]", "m", "ones", "not shared">]> {
  let family = "Sparsity";
  let summary = "a hybrid sparsification module: channels corrected, scaled and masked";
  let formula = "y = s ⊙ b(m) ⊙ (x + U (V x)),  b(m) = 1 where m > 0, else 0";
  let source = PatSource.text;
  let example = "{id: dimdown0, op: hybrid_sparse_mask, rank: 200}";
  let description = [{
    Stands after the embedding, every attention output and every down
    projection of a decoder. Without correction and scale it is a mask alone, on
    any channels: hidden features, whole heads, a convolution's channels. With `step` and `steps` the mask is the soft one of
    training, 1 / (1 + exp(min(−τ m, 10))) + β with τ = 1 / (1 − ln(max(1, t')) /
    ln S + 1e-6), t' = min(t, 0.8 S), and β = max(0.5 − t/S, 0).

    Constraints:
    - (C1) the axis is within the input's rank, and its size D is static.
    - (C2) u and v are both there, as [D, rank] and [rank, D], or neither.
    - (C3) the scale, if any, is [1, D].
    - (C4) there is exactly one mask, of D elements: its own or `mask`.
    - (C5) step and steps are both given or neither; 0 <= step <= steps, 2 <= steps.
    - (C6) a correction, U V, is of the last dimension.
  }];
  let extraClassDeclaration = [{
    /// The mask, its own or another's.
    ::mlir::Value getTheMask() { return getMask() ? getMask() : getOwnMask(); }
  }];
}

def Lathe_MaskLossOp : Lathe_Op<"mask_loss",
    [Operand<"mask", Lathe_FloatTensor, "the mask m">],
    [IntKey<"target", "channels that shall be kept, d">]> {
  let family = "Sparsity";
  let summary = "how far a mask is from the wanted number of channels, and from two values";
  let formula = "y = 10 |Σ b(m) − d| / d + mean over m > 0 of (m − ½)² + mean over m ≤ 0 of (m + ½)²";
  let source = PatSource.text;
  let example = "{op: mask_loss, from: mask, target: 3072}";
  let description = [{
    A mean over no elements is 0. The result has shape [1].

    Constraints:
    - (C1) target is at least 1.
  }];
}

def Lathe_IdentityLossOp : Lathe_Op<"identity_loss", [],
    [ShapingKey<"rank", "int", "rows of V", "200">,
     ShapingKey<"features", "int", "columns of V">],
    [HsmParameter<"v", "dimdown_inout.0.weight", "[rank, features]", "V", "normal(0.02)", "">]> {
  let family = "Sparsity";
  let summary = "how far the rows of a module's V are from orthonormal";
  let formula = "y = mean((V Vᵀ − I)²)";
  let source = PatSource.text;
  let example = "{op: identity_loss, weights_of: dimdown0, features: 4096}";
  let description = [{
    Reads the V of a `hybrid_sparse_mask`, which `weights_of` names. The result
    has shape [1].

    Constraints:
    - (C1) v is a matrix.
  }];
}

#endif // LATHE_SPARSITY_TD
