//===- Elementwise.td - Elementwise arithmetic -------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_ELEMENTWISE_TD
#define LATHE_ELEMENTWISE_TD

include "dialect/Kinds.td"

def Lathe_UnaryOp : Lathe_Op<"unary",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [EnumKey<"kind", Lathe_UnaryKindAttr, "the function">]> {
  let family = "Elementwise";
  let summary = "a function applied to every element";
  let formula = "y = f(x)";
  let example = "{op: sqrt}";
  let aliases = [
    Alias<"abs", [["kind", "abs"]]>, Alias<"neg", [["kind", "neg"]]>,
    Alias<"sign", [["kind", "sign"]]>, Alias<"exp", [["kind", "exp"]]>,
    Alias<"log", [["kind", "log"]]>, Alias<"sqrt", [["kind", "sqrt"]]>,
    Alias<"rsqrt", [["kind", "rsqrt"]]>, Alias<"reciprocal", [["kind", "reciprocal"]]>,
    Alias<"square", [["kind", "square"]]>, Alias<"sin", [["kind", "sin"]]>,
    Alias<"cos", [["kind", "cos"]]>, Alias<"erf", [["kind", "erf"]]>,
    Alias<"floor", [["kind", "floor"]]>, Alias<"ceil", [["kind", "ceil"]]>,
    Alias<"round", [["kind", "round"]]>];
  let description = [{
    `rsqrt` is 1/√x, `reciprocal` 1/x, `square` x², `sign` −1, 0 or 1; `round`
    takes the even neighbour of a half. Functions of floats follow IEEE 754:
    log(0) is −∞, the root of a negative number a NaN. Integers wrap around.

    Constraints:
    - (C1) integers take abs, neg, sign and square only, unsigned ones no neg,
      `bool` none.
  }];
  let hasFolder = 1;
}

def Lathe_BinaryOp : Lathe_Op<"binary",
    [Operand<"input", Lathe_Tensor, "any shape">,
     OptionalOperand<"other", Lathe_Tensor, "the second operand, in place of `value`">],
    [EnumKey<"kind", Lathe_BinaryKindAttr, "the function">,
     OptionalFloatKey<"value", "a number in place of the second operand">]> {
  let family = "Elementwise";
  let summary = "a function applied to every pair of elements";
  let formula = "y = f(input, other)";
  let example = "{op: add, with: x}";
  let aliases = [
    Alias<"add", [["kind", "add"]]>, Alias<"sub", [["kind", "sub"]]>,
    Alias<"mul", [["kind", "mul"]]>, Alias<"div", [["kind", "div"]]>,
    Alias<"maximum", [["kind", "max"]]>, Alias<"minimum", [["kind", "min"]]>,
    Alias<"pow", [["kind", "pow"]]>];
  let description = [{
    Shapes agree by NumPy's rules: they are aligned at the end, and a size of 1
    stretches. A NaN on either side is the maximum and the minimum. Integers
    wrap around.

    Constraints:
    - (C1) exactly one of `other` and `value` is given.
    - (C2) both operands have one element type.
    - (C3) the shapes agree by NumPy's rules.
    - (C4) div and pow take floats; `bool` takes none.
    - (C5) a value for integers is a whole number that their type holds.
  }];
  let hasFolder = 1;
}

def Lathe_CompareOp : Lathe_Op<"compare",
    [Operand<"input", Lathe_Tensor, "any shape">,
     OptionalOperand<"other", Lathe_Tensor, "the second operand, in place of `value`">],
    [EnumKey<"kind", Lathe_CompareKindAttr, "the relation">,
     OptionalFloatKey<"value", "a number in place of the second operand">]> {
  let family = "Elementwise";
  let summary = "a relation of every pair of elements, as truth values";
  let formula = "y = input ~ other";
  let example = "{op: gt, value: 0}";
  let aliases = [
    Alias<"eq", [["kind", "eq"]]>, Alias<"ne", [["kind", "ne"]]>,
    Alias<"lt", [["kind", "lt"]]>, Alias<"le", [["kind", "le"]]>,
    Alias<"gt", [["kind", "gt"]]>, Alias<"ge", [["kind", "ge"]]>];
  let description = [{
    The result holds `bool`. A NaN is unequal to everything, itself included,
    and neither less nor greater. Shapes agree by NumPy's rules.

    Constraints:
    - (C1) exactly one of `other` and `value` is given.
    - (C2) both operands have one element type.
    - (C3) the shapes agree by NumPy's rules.
    - (C4) `bool` takes eq and ne only.
    - (C5) a value for integers is a whole number that their type holds.
  }];
}

def Lathe_SelectOp : Lathe_Op<"select",
    [Operand<"condition", RankedTensorOf<[I1]>, "truth values">,
     Operand<"input", Lathe_Tensor, "taken where the condition holds">,
     Operand<"other", Lathe_Tensor, "taken elsewhere">],
    []> {
  let family = "Elementwise";
  let summary = "one of two tensors' elements by a condition";
  let formula = "y = input if condition else other";
  let example = "{op: select, from: [positive, x, y]}";
  let description = [{
    Constraints:
    - (C1) input and other have one element type.
    - (C2) the three shapes agree by NumPy's rules.
  }];
  let hasFolder = 1;
}

def Lathe_ClampOp : Lathe_Op<"clamp",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [OptionalFloatKey<"min", "the lower bound">,
     OptionalFloatKey<"max", "the upper bound">]> {
  let family = "Elementwise";
  let summary = "elements limited to a range";
  let formula = "y = min(max(x, min), max)";
  let example = "{op: clamp, min: 0, max: 1}";
  let description = [{
    A NaN stays a NaN.

    Constraints:
    - (C1) min or max is given, and min is at most max.
    - (C2) bounds for integers are whole numbers that their type holds; `bool`
      has none.
  }];
}

def Lathe_CastOp : Lathe_Op<"cast",
    [Operand<"input", Lathe_Tensor, "any shape">],
    [EnumKey<"to", Lathe_ElementKindAttr, "the new element type">]> {
  let family = "Elementwise";
  let summary = "elements converted to another type";
  let formula = "y = x as `to`";
  let example = "{op: cast, to: f32}";
  let description = [{
    Floats round to the nearest, ties to even. A float becomes an integer by
    truncation towards zero; what lies outside the integer's range takes its
    nearest end, and a NaN becomes 0. Integers keep their low bits. `bool` is
    whether the element is not 0, and counts as 0 or 1.
  }];
  let hasFolder = 1;
}

def Lathe_FullOp : Op<Lathe_Dialect, "full", [Pure, ConstantLike]> {
  let summary = "one number everywhere";
  let description = [{
    What folding makes of ops whose result is known; specs do not name it. The
    number is rounded to the element type.

    ```mlir
    %ones = lathe.full 1.0 : tensor<?x4xf32, #lathe.dims<"batch", "">>
    ```
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs Lathe_FloatTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
}

#endif // LATHE_ELEMENTWISE_TD
