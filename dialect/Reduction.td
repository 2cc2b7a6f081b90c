//===- Reduction.td - Reductions ---------------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_REDUCTION_TD
#define LATHE_REDUCTION_TD

include "dialect/Kinds.td"

def Lathe_ReduceOp : Lathe_Op<"reduce",
    [Operand<"input", Lathe_Tensor, "any shape of at least rank 1">],
    [EnumKey<"kind", Lathe_ReduceKindAttr, "how elements combine">,
     IntsKey<"axes", "the dimensions that are combined">,
     BoolKey<"keepdims", "whether they stay, with size 1", "false">]> {
  let family = "Reductions";
  let summary = "elements combined along dimensions";
  let formula = "y = Σ x, mean x, max x, min x or Π x over the axes";
  let example = "{op: mean, axes: [height, width]}";
  let aliases = [
    Alias<"sum", [["kind", "sum"]]>, Alias<"mean", [["kind", "mean"]]>,
    Alias<"max", [["kind", "max"]]>, Alias<"min", [["kind", "min"]]>,
    Alias<"prod", [["kind", "prod"]]>];
  let description = [{
    Negative axes count from the end. The order of the additions is fixed, so
    that a result does not depend on the number of threads. A NaN among the
    elements is their maximum and minimum. Integers wrap around.

    Constraints:
    - (C1) there is at least one axis; all are within the input's rank and distinct.
    - (C2) mean takes floats; `bool` takes none.
  }];
  let extraClassDeclaration = [{
    /// The axes counted from the front, ascending.
    ::llvm::SmallVector<int64_t> getDims();
  }];
  let hasFolder = 1;
}

def Lathe_ArgmaxOp : Lathe_Op<"argmax",
    [Operand<"input", Lathe_Tensor, "any shape of at least rank 1">],
    [IntKey<"axis", "the dimension along which the maximum is sought", "-1">,
     BoolKey<"keepdims", "whether it stays, with size 1", "false">]> {
  let family = "Reductions";
  let summary = "the place of the maximum along a dimension";
  let formula = "y = the least i with x[…, i, …] = max x along the axis";
  let example = "{op: argmax}";
  let description = [{
    The result is `i64`. A NaN counts as the maximum.

    Constraints:
    - (C1) the axis is within the input's rank.
    - (C2) `bool` is refused.
  }];
}

#endif // LATHE_REDUCTION_TD
