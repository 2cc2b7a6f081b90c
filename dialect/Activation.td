//===- Activation.td - Activations -------------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_ACTIVATION_TD
#define LATHE_ACTIVATION_TD

include "dialect/Kinds.td"

def Lathe_ActivationOp : Lathe_Op<"activation",
    [Operand<"input", Lathe_FloatTensor, "any shape">],
    [EnumKey<"kind", Lathe_ActivationKindAttr, "the function">,
     OptionalFloatKey<"alpha", "the function's constant: the slope of leaky_relu (default 0.01), "
                      "the scale of elu (1), the threshold of softshrink and hardshrink (0.5)">]> {
  let family = "Activations";
  let summary = "a function applied to every element";
  let formula = "y = f(x)";
  let example = "{op: silu}";
  let aliases = [
    Alias<"relu", [["kind", "relu"]]>, Alias<"relu6", [["kind", "relu6"]]>,
    Alias<"leaky_relu", [["kind", "leaky_relu"]]>, Alias<"elu", [["kind", "elu"]]>,
    Alias<"silu", [["kind", "silu"]]>, Alias<"swish", [["kind", "silu"]]>,
    Alias<"gelu", [["kind", "gelu"]]>, Alias<"gelu_tanh", [["kind", "gelu_tanh"]]>,
    Alias<"sigmoid", [["kind", "sigmoid"]]>, Alias<"tanh", [["kind", "tanh"]]>,
    Alias<"softplus", [["kind", "softplus"]]>, Alias<"softshrink", [["kind", "softshrink"]]>,
    Alias<"hardshrink", [["kind", "hardshrink"]]>,
    Alias<"hard_sigmoid", [["kind", "hard_sigmoid"]]>,
    Alias<"hard_swish", [["kind", "hard_swish"]]>, Alias<"hard_tanh", [["kind", "hard_tanh"]]>,
    Alias<"mish", [["kind", "mish"]]>, Alias<"identity", [["kind", "identity"]]>];
  let description = [{
    | kind | f(x) |
    | --- | --- |
    | relu | max(x, 0) |
    | relu6 | min(max(x, 0), 6) |
    | leaky_relu | x if x > 0, else alpha·x |
    | elu | x if x > 0, else alpha·(exp(x) − 1) |
    | silu | x / (1 + exp(−x)), also called swish |
    | gelu | x·(1 + erf(x/√2))/2, exact |
    | gelu_tanh | x·(1 + tanh(√(2/π)·(x + 0.044715 x³)))/2 |
    | sigmoid | 1 / (1 + exp(−x)) |
    | tanh | tanh(x) |
    | softplus | log(1 + exp(x)), without overflow |
    | softshrink | x − alpha if x > alpha, x + alpha if x < −alpha, else 0 |
    | hardshrink | x if abs(x) > alpha, else 0 |
    | hard_sigmoid | min(max(x + 3, 0), 6)/6 |
    | hard_swish | x·min(max(x + 3, 0), 6)/6 |
    | hard_tanh | min(max(x, −1), 1) |
    | mish | x·tanh(log(1 + exp(x))) |
    | identity | x |

    Constraints:
    - (C1) alpha is given to leaky_relu, elu, softshrink and hardshrink only.
    - (C2) the alpha of softshrink and hardshrink is at least 0.
  }];
  let extraClassDeclaration = [{
    /// The function's constant, or its default; 0 where it has none.
    double getConstant();
  }];
  let hasFolder = 1;
}

def Lathe_SoftmaxOp : Lathe_Op<"softmax",
    [Operand<"input", Lathe_FloatTensor, "any shape of at least rank 1">],
    [IntKey<"axis", "the dimension whose elements sum to 1", "-1">]> {
  let family = "Activations";
  let summary = "exponentials, normalised along one dimension";
  let formula = "y = exp(x − max x) / Σ exp(x − max x) along the axis";
  let example = "{op: softmax}";
  let description = [{
    Constraints:
    - (C1) the axis is within the input's rank.
  }];
  let hasFolder = 1;
}

#endif // LATHE_ACTIVATION_TD
