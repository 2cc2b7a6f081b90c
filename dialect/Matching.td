//===- Matching.td - Selection, sorting and matching -------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MATCHING_TD
#define LATHE_MATCHING_TD

include "dialect/Kinds.td"

def Lathe_TopKOp : Lathe_Op<"top_k",
    [Operand<"input", RankedTensorOf<[F16, BF16, F32]>, "[..., size]">],
    [IntKey<"k", "how many elements are taken">,
     EnumKey<"index", Lathe_ElementKindAttr, "the type of the places, i32 or i64", "i64">]> {
  let family = "Selection and matching";
  let summary = "the largest elements along the last dimension, and their places";
  let formula = "values = the k largest of x[…, :], largest first;  x[…, places] = values";
  let example = "{id: best, op: top_k, k: 2}";
  let description = [{
    Two results: a spec takes the values as `"${best[0]}"` and the places as
    `"${best[1]}"`. Of equal elements the first comes first, and a NaN counts as
    the largest.

    Constraints:
    - (C1) the input has a last dimension, of known size.
    - (C2) k is 1 to that size.
    - (C3) index is i32 or i64.
  }];
  let results = (outs Lathe_Tensor:$values, Lathe_Tensor:$places);
}

def Lathe_BipartiteMatchOp : Lathe_Op<"bipartite_match",
    [Operand<"cost", RankedTensorOf<[F32]>, "[..., rows, columns]">],
    []> {
  let family = "Selection and matching";
  let summary = "an assignment of columns to rows of least total cost";
  let formula = "minimise Σ over pairs (r, c) of cost[…, r, c], each row and each column in at "
                "most one pair, min(rows, columns) pairs;  y[…, r] = 1 + c, or 0 for none";
  let source = "Crouse, On implementing 2D rectangular assignment algorithms, IEEE Transactions "
               "on Aerospace and Electronic Systems 52(4), 2016";
  let example = "{op: bipartite_match}";
  let description = [{
    The Hungarian method by shortest augmenting paths: O(n³), exact, the same
    pairs in every run. Each matrix of a batch is matched by itself. Without
    columns all is 0. The result is `i64`. A cost that is infinite or no number
    is an error of the run.

    Constraints:
    - (C1) the cost has two last dimensions.
  }];
}

def Lathe_SampleOp : Lathe_Op<"sample",
    [Operand<"logits", RankedTensorOf<[F16, BF16, F32]>, "[..., tokens]">,
     Operand<"temperature", RankedTensorOf<[F32]>, "[], divides the logits; 0 takes the most probable">,
     Operand<"top_k", RankedTensorOf<[I32, I64]>, "[], of how many tokens one is drawn; 0 for all">,
     Operand<"top_p", RankedTensorOf<[F32]>, "[], the probability that those kept must reach; 1 for all">,
     Operand<"seed", RankedTensorOf<[I32, I64]>, "[], names the sequence of draws">,
     Operand<"counter", RankedTensorOf<[I32, I64]>, "[], the number of the draw in it">],
    []> {
  let family = "Selection and matching";
  let summary = "a token drawn by its probability";
  let formula = "y ~ softmax(logits / temperature) over the fewest of the top_k most probable "
                "tokens whose probabilities sum to top_p of all";
  let source = "Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020";
  let example = "{op: sample, from: [logits, temperature, top_k, top_p, seed, position]}";
  let description = [{
    The result is `i64`. A draw depends on seed, counter and the row's number
    alone: a run repeated is the same run. Of tokens equally probable the first
    counts as more so. A temperature below 0, a negative top_k, a top_p that is
    not above 0 and at most 1, and logits that are NaN or whose maximum is
    infinite are errors of the run.

    Constraints:
    - (C1) the logits have a last dimension.
    - (C2) the other operands are scalars: of rank 0.
  }];
}

#endif // LATHE_MATCHING_TD
