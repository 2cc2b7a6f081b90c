//===- Routing.td - Routing of tokens to experts -----------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_ROUTING_TD
#define LATHE_ROUTING_TD

include "dialect/Kinds.td"

/// The router's matrix for one kind of experts.
class Gate<string operand, string step, string shape, string doc, string when = "">
    : Parameter<operand, shape, doc, "fan_in", when> {
  let path = step # ".weight";
}

def Lathe_NullExpertRouterOp : Lathe_Op<"null_expert_router",
    [Operand<"input", RankedTensorOf<[F16, BF16, F32]>, "[..., features]">],
    [ShapingKey<"experts", "int", "true experts, n">,
     ShapingKey<"null_experts", "int", "experts that cost nothing and give nothing, m">,
     IntKey<"top_k", "picks of a token">],
    [Gate<"gate", "gate", "[experts, in.features]", "the matrix of the true experts' logits">,
     Gate<"null_gate", "gate2", "[null_experts, in.features]",
          "the matrix of the null experts' logits", "null_experts > 0">]> {
  let family = "Mixtures of experts";
  let summary = "the experts of each token, some of which may be null";
  let formula = "l = [G x, G₂ x];  p = softmax(l);  picks = places of the top_k largest p;  "
                "weights_s = p_s [pick s < n] / Σ_s p_s [pick s < n]";
  let source = "Zeng et al., AdaMoE: Token-Adaptive Routing with Null Experts for "
               "Mixture-of-Experts Language Models, Findings of EMNLP 2024";
  let example = "{id: route, op: null_expert_router, experts: 8, null_experts: 8, top_k: 3}";
  let description = [{
    Three results over the N vectors of the input: the logits `"${route[0]}"`
    [N, n + m], the weights `"${route[1]}"` [N, top_k], and the picks
    `"${route[2]}"` [N, top_k], `i64`, of which those from n on are null. The
    weight of a null pick is 0; those of the true ones sum to 1, or are all 0
    where a token has none. With no null experts this is the router of Mixtral.

    Constraints:
    - (C1) the input has a last dimension.
    - (C2) gate is [experts, features] and gate2, if any, [null_experts, features].
    - (C3) top_k is 1 to n + m.
  }];
  let results = (outs Lathe_Tensor:$logits, Lathe_Tensor:$weights, Lathe_Tensor:$picks);
}

/// One matrix of every expert.
class ExpertMatrix<string name, string shape, string doc>
    : ParameterFamily<name, "experts.{i}." # name # ".weight", "experts", shape, doc>;

def Lathe_ExpertsOp : Lathe_Op<"experts",
    [Operand<"input", Lathe_FloatTensor, "[..., features]">,
     Operand<"weights", Lathe_FloatTensor, "[N, top_k]">,
     Operand<"picks", RankedTensorOf<[I32, I64]>, "[N, top_k]">],
    [ShapingKey<"experts", "int", "their number, n">,
     ShapingKey<"features", "int", "hidden features of each">],
    [ExpertMatrix<"w1", "[features, in.features]", "the matrix of the gate">,
     ExpertMatrix<"w2", "[in.features, features]", "the matrix back to the input's features">,
     ExpertMatrix<"w3", "[features, in.features]", "the matrix of what is gated">],
    [MatrixOpInterface]> {
  let family = "Mixtures of experts";
  let summary = "each token through the experts that were picked for it";
  let formula = "y_t = Σ over picks e_s < n of weights_ts · W₂ₑ(silu(W₁ₑ x_t) ⊙ (W₃ₑ x_t))";
  let source = "Jiang et al., Mixtral of Experts, arXiv 2401.04088";
  let example = "{op: experts, from: [x, \"${route[1]}\", \"${route[2]}\"], experts: 8, features: 1792}";
  let description = [{
    `lathe-group-experts` makes each expert a product over just the vectors that
    picked it: time follows the number of picks that are experts. A pick that is not
    in [0, n) is null; a token with null picks only gives 0. The counted work is
    that of picks all true, which is the most there can be.

    Constraints:
    - (C1) the input has a last dimension, and N is the number of its vectors.
    - (C2) weights and picks are both [N, top_k].
    - (C3) there is at least one expert, and as many of each matrix.
    - (C4) every w1 and w3 is [hidden, features], and every w2 [features, hidden].
    - (C5) the weights have the input's element type.
  }];
}

/// What `lathe-group-experts` makes; specs do not name it.
def Lathe_GroupPicksOp
    : Op<Lathe_Dialect, "group_picks",
         [Pure, DeclareOpInterfaceMethods<CostOpInterface>, InferTypeOpAdaptor]> {
  let summary = "the picks sorted by expert";
  let description = [{
    Pick i of the flattened [N, top_k] stands at `places[i]` among all, sorted by
    expert, those of one expert in their order, null picks last; `order` is the
    inverse of it. The picks of expert e are those from `offsets[e]` on and before
    `offsets[e + 1]`.

    Constraints:
    - (C1) the picks are [N, top_k], with a static top_k.
    - (C2) there is at least one expert.
  }];
  let arguments = (ins RankedTensorOf<[I32, I64]>:$picks, I64Attr:$experts);
  let results = (outs RankedTensorOf<[I64]>:$order, RankedTensorOf<[I64]>:$places,
                      RankedTensorOf<[I64]>:$offsets);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

/// What `lathe-group-experts` makes; specs do not name it.
def Lathe_GroupedExpertsOp
    : Op<Lathe_Dialect, "grouped_experts",
         [Pure, DeclareOpInterfaceMethods<CostOpInterface>, InferTypeOpAdaptor,
          AttrSizedOperandSegments]> {
  let summary = "each expert on just the tokens that were picked for it";
  let description = [{
    What `experts` computes, given its picks as `group_picks` sorts them: the
    vectors of each expert lie side by side and are one product with each of its
    matrices, so that time follows the number of picks that are experts.

    Constraints:
    - (C1) the input has a last dimension; N is the number of its vectors.
    - (C2) the weights are [N, top_k], order and places [N · top_k].
    - (C3) there is at least one expert, as many of each matrix, and one offset more.
    - (C4) every w1 and w3 is [hidden, features], and every w2 [features, hidden].
    - (C5) the weights have the input's element type.
  }];
  let arguments = (ins Lathe_FloatTensor:$input, Lathe_FloatTensor:$weights,
                       RankedTensorOf<[I64]>:$order, RankedTensorOf<[I64]>:$places,
                       RankedTensorOf<[I64]>:$offsets, Variadic<Lathe_Tensor>:$w1,
                       Variadic<Lathe_Tensor>:$w2, Variadic<Lathe_Tensor>:$w3);
  let results = (outs Lathe_FloatTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Lathe_BalanceLossOp : Lathe_Op<"balance_loss",
    [Operand<"logits", RankedTensorOf<[F16, BF16, F32]>, "[N, n + m]">],
    [IntKey<"experts", "true experts, n">,
     IntKey<"top_k", "picks of a token">,
     BoolKey<"average_null", "whether null experts count as one kind, as the paper has it", "false">]> {
  let family = "Mixtures of experts";
  let summary = "how unevenly a router loads its experts";
  let formula = "y = (n + m) Σ_e f_e p̄_e,  f_e = picks of e / N,  p̄ = mean of softmax(logits) "
                "over the N tokens";
  let source = "Zeng et al., AdaMoE: Token-Adaptive Routing with Null Experts for "
               "Mixture-of-Experts Language Models, Findings of EMNLP 2024";
  let example = "{op: balance_loss, from: logits, experts: 8, top_k: 3}";
  let description = [{
    The result has shape [1]. `average_null` puts the mean of f over the null
    experts in the place of each one's, so that a token may take any of them; the
    released code counts them one by one.

    Constraints:
    - (C1) the logits have rank 2 and a last dimension of known size n + m.
    - (C2) experts is 1 to n + m.
    - (C3) top_k is 1 to n + m.
  }];
}

#endif // LATHE_ROUTING_TD
