//===- Sequence.td - Attention over sequences --------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SEQUENCE_TD
#define LATHE_SEQUENCE_TD

include "dialect/Kinds.td"

def Lathe_AttentionOp : Lathe_Op<"attention",
    [Operand<"query", Lathe_FloatTensor, "[N, T, heads · d]">,
     Operand<"key", Lathe_FloatTensor, "[N, S, kv_heads · d]">,
     Operand<"value", Lathe_FloatTensor, "[N, S, kv_heads · e]">,
     OptionalOperand<"bias", Lathe_FloatTensor, "added to the scores; [N, heads, T, S], where sizes of 1 stretch">],
    [IntKey<"heads", "heads of the query">,
     IntKey<"kv_heads", "heads of key and value; each serves heads / kv_heads of the query's", "heads">,
     BoolKey<"causal", "whether a token sees only those up to itself", "false">,
     OptionalFloatKey<"scale", "factor of the scores; 1/√d by default">]> {
  let family = "Attention";
  let summary = "attention of queries to keys and values, in heads";
  let formula = "y_h = softmax(scale · q_h k_gᵀ + bias_h) v_g,  g = ⌊h · kv_heads / heads⌋";
  let source = "Vaswani et al., Attention Is All You Need, 2017; Ainslie et al., GQA, 2023";
  let example = "{id: attend, op: attention, from: [q, k, v], heads: 16, kv_heads: 4, causal: true}";
  let description = [{
    Causal attention aligns the ends: query t sees the keys s ≤ t + S − T, so
    that with a cache the new tokens see all that were before.

    Constraints:
    - (C1) query, key and value have rank 3 and one element type.
    - (C2) heads and kv_heads are positive, and kv_heads divides heads.
    - (C3) the query's features are heads · d, the key's kv_heads · d, and the
      value's a multiple of kv_heads.
    - (C4) key and value agree in batch and length, the query in batch.
    - (C5) the bias stretches to [N, heads, T, S].
  }];
}

def Lathe_RotaryOp : Lathe_Op<"rotary",
    [Operand<"input", Lathe_FloatTensor, "[N, T, heads · head_dim]">],
    [IntKey<"head_dim", "features of a head, d">,
     EnumKey<"style", Lathe_RotaryStyleAttr, "which features turn together: i and i + r/2, or 2i and 2i + 1",
             "halves">,
     IntKey<"dims", "features of a head that turn, r; the others pass", "head_dim">,
     FloatKey<"theta", "base of the frequencies", "10000.0">,
     StringKey<"past", "the name of the dimension that counts the tokens before these; none by default",
               "''">]> {
  let family = "Attention";
  let summary = "rotary positions: pairs of features turned by angles that grow with the position";
  let formula = "(y_a, y_b) = (x_a cos φ − x_b sin φ, x_b cos φ + x_a sin φ),  φ = (past + t) θ^(−2i/r)";
  let source = "Su et al., RoFormer, 2021; halves as in Llama, interleaved as in GLM";
  let example = "{id: q_rot, op: rotary, head_dim: 128, past: past}";
  let description = [{
    Angles are computed in double precision.

    Constraints:
    - (C1) the input has rank 3 and a static number of features.
    - (C2) head_dim is positive and divides the features.
    - (C3) dims is even, positive and at most head_dim.
    - (C4) theta is positive.
    - (C5) past is empty or the name of a dimension.
  }];
}

class BucketTable<string name, string shape, string doc, string init>
    : Parameter<name, shape, doc, init> { let path = "relative_attention_bias.weight"; }

def Lathe_RelativePositionBiasOp : Lathe_Op<"relative_position_bias",
    [Operand<"query", Lathe_Tensor, "[N, T, ...]: the tokens that look">,
     OptionalOperand<"key", Lathe_Tensor, "[N, S, ...]: the tokens looked at; the same by default">],
    [ShapingKey<"heads", "int", "heads of the attention">,
     ShapingKey<"buckets", "int", "rows of the table", "32">,
     IntKey<"max_distance", "from here on, distances share the last bucket", "128">,
     BoolKey<"bidirectional", "whether tokens after have buckets of their own, half of all", "true">],
    [BucketTable<"weight", "[buckets, heads]", "the table", "normal(0.02)">]> {
  let family = "Attention";
  let summary = "a bias of attention scores by the distance of tokens";
  let formula = "y[0, h, t, s] = W[bucket(s − (t + S − T)), h]";
  let source = "Raffel et al., Exploring the Limits of Transfer Learning with a Unified "
               "Text-to-Text Transformer, 2020";
  let example = "{id: SelfAttention, op: relative_position_bias, heads: 12}";
  let description = [{
    Half of a direction's b buckets are exact distances; the others grow
    logarithmically up to max_distance: b/2 + ⌊ln(n / (b/2)) / ln(max_distance /
    (b/2)) · b/2⌋, at most b − 1. The result is [1, heads, T, S].

    Constraints:
    - (C1) query and key have at least rank 2.
    - (C2) the weight is [buckets, heads]; buckets is a positive multiple of 4,
      or of 2 if not bidirectional.
    - (C3) max_distance is more than the exact distances and at most 65,536.
  }];
}

//===----------------------------------------------------------------------===//
// What the ops above decompose into; specs do not name these
//===----------------------------------------------------------------------===//

class Lathe_SequencePart<string mnemonic, dag args>
    : Op<Lathe_Dialect, mnemonic,
         [Pure, DeclareOpInterfaceMethods<CostOpInterface>, InferTypeOpAdaptor]> {
  let arguments = args;
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Lathe_RotaryAnglesOp : Lathe_SequencePart<"rotary_angles",
    (ins Lathe_FloatTensor:$input, I64Attr:$dims, F64Attr:$theta, StrAttr:$past)> {
  let summary = "cosines and sines of rotary positions";
  let description = [{
    For an input [N, T, …]: [2, T, 1, dims / 2], the cosines and the sines of
    (past + t) θ^(−2i/dims).

    Constraints:
    - (C1) the input has at least rank 2.
  }];
}

def Lathe_RotaryTurnOp : Lathe_SequencePart<"rotary_turn",
    (ins Lathe_FloatTensor:$input, Lathe_FloatTensor:$angles, I64Attr:$head_dim, Lathe_RotaryStyleAttr:$style, I64Attr:$dims)> {
  let summary = "pairs of features turned by angles, all in one loop";
  let description = [{
    What lathe.rotary does with the cosines and sines of lathe.rotary_angles, for
    devices: each feature reads its partner by itself.

    Constraints:
    - (C1) the input is [N, T, heads · head_dim], as that of lathe.rotary.
  }];
}

def Lathe_CausalMaskOp : Lathe_SequencePart<"causal_mask", (ins Lathe_FloatTensor:$input)> {
  let summary = "scores of tokens that are ahead, set to −∞";
  let description = [{
    y[…, t, s] = x[…, t, s] where s ≤ t + S − T, else −∞.

    Constraints:
    - (C1) the input has at least rank 2.
  }];
}

#endif // LATHE_SEQUENCE_TD
