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
    H is input by output. It is computed once, when compiling.

    Constraints:
    - (C1) the input has a static last dimension.
    - (C2) A is [n, n, n], or its factors are [n, n, k] and [n, k, n].
    - (C3) B is [n, in / n, out / n], or its factors are [n, in / n, r] and [n, r, out / n].
    - (C4) n divides the features on both sides.
    - (C5) the bias, if any, is [features].
  }];
}

#endif // LATHE_ADAPTER_TD
