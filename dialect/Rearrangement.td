//===- Rearrangement.td - Rearrangements --------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_REARRANGEMENT_TD
#define LATHE_REARRANGEMENT_TD

include "dialect/Kinds.td"

def Lathe_ReshapeOp : Lathe_Op<"reshape",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [ShapeKey<"shape", "the new sizes, outermost first; 0 keeps the size at the same place, "
              "and one size may be -1: what remains">]> {
  let family = "Rearrangements";
  let summary = "the same elements in the same order under another shape";
  let formula = "y[j] = x[i] where i and j have the same row-major position";
  let example = "{op: reshape, shape: [0, -1, 64]}";
  let description = [{
    A size may be an expression over the model's named dimensions.

    Constraints:
    - (C1) every size is positive, 0, at most one -1, or an expression over named dimensions.
    - (C2) a 0 stands at the place of a dimension of the input.
    - (C3) both shapes have as many elements; what a -1 stands for is a whole number.
  }];
  let hasFolder = 1;
}

def Lathe_FlattenOp : Lathe_Op<"flatten",
    [Operand<"input", Lathe_Tensor, "any shape of at least rank 1">],
    [IntKey<"start", "the first of the dimensions", "1">,
     IntKey<"end", "the last of the dimensions, included", "-1">]> {
  let family = "Rearrangements";
  let summary = "neighbouring dimensions made one";
  let formula = "y has the size Π x.shape[start..end] in place of those dimensions";
  let example = "{op: flatten}";
  let description = [{
    Constraints:
    - (C1) start and end are within the input's rank, start not after end.
  }];
  let hasFolder = 1;
}

def Lathe_SqueezeOp : Lathe_Op<"squeeze",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [IntsKey<"axes", "the dimensions to drop">]> {
  let family = "Rearrangements";
  let summary = "dimensions of size 1 dropped";
  let formula = "y = x without the axes";
  let example = "{op: squeeze, axes: [2, 3]}";
  let description = [{
    Constraints:
    - (C1) the axes are within the input's rank and distinct.
    - (C2) their sizes are 1.
  }];
  let hasFolder = 1;
}

def Lathe_UnsqueezeOp : Lathe_Op<"unsqueeze",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [IntsKey<"axes", "the places of the new dimensions in the result">]> {
  let family = "Rearrangements";
  let summary = "dimensions of size 1 added";
  let formula = "y = x with the axes";
  let example = "{op: unsqueeze, axes: [2, 3]}";
  let description = [{
    Constraints:
    - (C1) the axes are within the result's rank and distinct.
  }];
  let hasFolder = 1;
}

def Lathe_TransposeOp : Lathe_Op<"transpose",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [IntsKey<"permutation", "for every dimension of the result, the input's">]> {
  let family = "Rearrangements";
  let summary = "dimensions in another order";
  let formula = "y.shape[i] = x.shape[permutation[i]]";
  let example = "{op: transpose, permutation: [0, 2, 3, 1]}";
  let description = [{
    Constraints:
    - (C1) the permutation names every dimension of the input once.
  }];
  let hasFolder = 1;
}

def Lathe_BroadcastToOp : Lathe_Op<"broadcast_to",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [ShapeKey<"shape", "the new sizes, outermost first; -1 keeps the input's">]> {
  let family = "Rearrangements";
  let summary = "sizes of 1 stretched, dimensions added in front";
  let formula = "y[…, i, …] = x[…, i or 0, …]";
  let example = "{op: broadcast_to, shape: [batch, 64, 8, 8]}";
  let description = [{
    Shapes are aligned at the end.

    Constraints:
    - (C1) every size is positive, -1, or an expression over named dimensions.
    - (C2) the shape has at least the input's rank, and a -1 stands at a dimension of the input.
    - (C3) every size of the input is 1 or the one that is wanted.
  }];
  let hasFolder = 1;
}

def Lathe_ConcatOp : Lathe_Op<"concat",
    [VariadicOperand<"inputs", Lathe_Tensor, "tensors that differ along the axis only">],
    [IntKey<"axis", "the dimension along which they are joined", "1">]> {
  let family = "Rearrangements";
  let summary = "tensors joined along a dimension, in their order";
  let formula = "y = [x₀, x₁, …] along the axis";
  let example = "{op: concat, from: [a, b]}";
  let description = [{
    Constraints:
    - (C1) there is at least one input.
    - (C2) all inputs have one element type and one rank.
    - (C3) the axis is within that rank.
    - (C4) the sizes along the other dimensions agree.
  }];
  let hasFolder = 1;
}

def Lathe_SplitOp : Lathe_Op<"split",
    [Operand<"input", Lathe_Tensor, "any shape of at least rank 1">],
    [OptionalIntKey<"parts", "the number of equal parts, in place of `sizes`">,
     OptionalIntsKey<"sizes", "the sizes of the parts along the axis">,
     IntKey<"axis", "the dimension that is cut", "1">]> {
  let family = "Rearrangements";
  let summary = "a tensor cut along a dimension";
  let formula = "y₀, y₁, … with [y₀, y₁, …] = x along the axis";
  let example = "{id: halves, op: split, parts: 2}";
  let description = [{
    A spec takes the parts by number: `from: "${halves[0]}"`.

    Constraints:
    - (C1) exactly one of `parts` and `sizes` is given.
    - (C2) the axis is within the input's rank.
    - (C3) parts is 1 to 1024 and divides the size along the axis.
    - (C4) the sizes are positive, at most 1024, and sum to the size along the axis.
  }];
  let results = (outs Variadic<Lathe_Tensor>:$pieces);
  let hasFolder = 1;
}

def Lathe_SliceOp : Lathe_Op<"slice",
    [Operand<"input", Lathe_Tensor, "any shape of at least rank 1">],
    [IntKey<"axis", "the dimension that is cut">,
     IntKey<"start", "the first place; negative places count from the end", "0">,
     OptionalIntKey<"end", "the place after the last; the end of the dimension by default">,
     IntKey<"step", "distance of the places taken", "1">]> {
  let family = "Rearrangements";
  let summary = "every step-th place of a range of a dimension";
  let formula = "y[…, i, …] = x[…, start + i·step, …]";
  let example = "{op: slice, axis: 1, start: 0, end: 32}";
  let description = [{
    Constraints:
    - (C1) the axis is within the input's rank.
    - (C2) step is positive.
    - (C3) 0 <= start < end <= size along the axis, after places from the end are resolved.
    - (C4) a dynamic dimension is cut to its first or last place, or from a
      start >= 0 to its end or to a place counted from the end: other ranges may
      leave it.
  }];
  let hasFolder = 1;
}

def Lathe_GatherOp : Lathe_Op<"gather",
    [Operand<"input", Lathe_Tensor, "any shape of at least rank 1">,
     Operand<"indices", Lathe_IntegerTensor, "places along the axis, of any shape">],
    [IntKey<"axis", "the dimension from which slices are taken", "0">]> {
  let family = "Rearrangements";
  let summary = "slices of a tensor, by number";
  let formula = "y[a…, i…, b…] = x[a…, indices[i…], b…]";
  let example = "{op: gather, from: [x, places], axis: 1}";
  let description = [{
    The dimensions of the indices take the axis's place. A number outside the
    dimension takes its nearest end, so that a program never reads outside a
    tensor, and the run returns an error that names the op.

    Constraints:
    - (C1) the axis is within the input's rank.
    - (C2) the indices are no `bool`.
  }];
  let extraClassDeclaration = [{
    /// Only the slices that are read move, not the whole input.
    ::mlir::lathe::DimExpr getBytes();
  }];
}

def Lathe_KeepOp : Lathe_Op<"keep",
    [Operand<"input", Lathe_Tensor, "any shape of at least rank 1">],
    [IntKey<"axis", "the dimension of which places are kept">,
     IntsKey<"places", "the places, ascending">]> {
  let family = "Rearrangements";
  let summary = "some places of a dimension, known when compiling";
  let formula = "y[…, j, …] = x[…, places[j], …]";
  let example = "{op: keep, axis: channels, places: [0, 2, 3]}";
  let description = [{
    What pruning leaves of a dimension.

    Constraints:
    - (C1) the axis is within the input's rank, and its size is static.
    - (C2) there is a place, and places ascend from at least 0 to less than the size.
  }];
}

def Lathe_SpreadOp : Lathe_Op<"spread",
    [Operand<"input", Lathe_Tensor, "any shape of at least rank 1">,
     OptionalOperand<"fill", Lathe_Tensor, "[size]: what the other places hold; zeros by default">],
    [IntKey<"axis", "the dimension that grows">,
     IntsKey<"places", "where the input's places go, ascending">,
     IntKey<"size", "the dimension's new size">]> {
  let family = "Rearrangements";
  let summary = "the places of a dimension put back among others";
  let formula = "y[…, places[j], …] = x[…, j, …], and fill[i] or 0 at every other i";
  let example = "{op: spread, axis: channels, places: [0, 2, 3], size: 8}";
  let description = [{
    The inverse of `keep`, as far as there is one.

    Constraints:
    - (C1) the axis is within the input's rank, and its size is static.
    - (C2) there is a place for each of the input's, and places ascend from at least 0 to
      less than the new size.
    - (C3) the fill, if any, is [size] of the input's elements.
  }];
}

def Lathe_PadOp : Lathe_Op<"pad",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [IntsKey<"low", "elements added before each dimension, one number a dimension">,
     IntsKey<"high", "elements added after each dimension", "low">,
     EnumKey<"mode", Lathe_PaddingModeAttr, "what the added elements hold", "zeros">,
     FloatKey<"value", "in place of zero in the mode zeros", "0.0">]> {
  let family = "Rearrangements";
  let summary = "elements added around a tensor";
  let formula = "y[i + low] = x[i], elsewhere by the mode";
  let example = "{op: pad, low: [0, 0, 1, 1]}";
  let description = [{
    `circular` continues with the opposite end, `reflect` backwards without
    repeating the edge, `replicate` with the edge.

    Constraints:
    - (C1) low and high hold one number a dimension, 0 to 2^30.
    - (C2) a value for integers is a whole number that their type holds; modes
      other than zeros take none.
    - (C7) circular padding is at most the input's size, reflection less than it.
  }];
  let hasFolder = 1;
}

def Lathe_SizeOp : Lathe_Op<"size", [],
    [ShapeKey<"of", "a size">,
     EnumKey<"to", Lathe_ElementKindAttr, "the type of the result, i32 or i64", "i32">]> {
  let family = "Rearrangements";
  let summary = "a size as a number";
  let formula = "y = of";
  let example = "{id: next_position, op: size, of: \"${past + tokens}\"}";
  let description = [{
    What a step computes with, or a program gives back, of a dimension.

    Constraints:
    - (C1) `of` is one size.
    - (C2) the type is i32 or i64.
  }];
}

#endif // LATHE_REARRANGEMENT_TD
