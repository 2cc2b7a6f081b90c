//===- Quantized.td - Products with weights in few bits ------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZED_TD
#define LATHE_QUANTIZED_TD

include "dialect/Kinds.td"

/// What `lathe-quantize` makes; specs do not name it.
def Lathe_QuantizedLinearOp
    : Op<Lathe_Dialect, "quantized_linear",
         [Pure, DeclareOpInterfaceMethods<CostOpInterface>, InferTypeOpAdaptor,
          AttrSizedOperandSegments]> {
  let summary = "a linear layer whose matrix is stored in fewer bits than it computes with";
  let description = [{
    y = x Wᵀ + b, where W is read from its stored form as it is multiplied:

    - `codes` of bf16 or f16 are the elements, without scales;
    - `codes` of i8 [features, K] with scales s and offsets o [features, G] stand
      for W[n, k] = s[n, k G / K] codes[n, k] + o[n, k G / K], o being 0 where there
      are none;
    - `codes` of i8 [features, K / 2] hold two numbers c of 4 bits each, 0 to 15:
      128 less than those of the even k and 16 times those of the odd k, and W
      is as before with c in place of the codes, or c − 8 where there are no
      offsets.

    With `rounds_input`, x is rounded as W is, so that the target multiplies
    narrow numbers: with codes of bf16, to the nearest bf16. With codes of i8 it
    stands for its own codes: those of a row in a group of weights are
    round(x / t) with t = max |x| / 127, and t times these is what is
    multiplied, so that the products of a group may be summed as integers.

    Scales take as few bytes as bf16 has; offsets, which may be large beside the
    range of a group, are f32.

    Constraints:
    - (C1) the input has a static last dimension, K.
    - (C2) the codes are [features, K], or of i8 [features, K / 2].
    - (C3) codes of i8 have scales, others neither scales nor offsets.
    - (C4) scales and offsets are [features, G], and G divides K (K / 2 for 4 bits).
    - (C5) the bias, if any, is [features].
    - (C6) an input is rounded only where the codes are i8 or bf16.
  }];
  let arguments = (ins Lathe_FloatTensor:$input, RankedTensorOf<[F16, BF16, I8]>:$codes,
                       Optional<Lathe_FloatTensor>:$scales,
                       Optional<Lathe_FloatTensor>:$offsets,
                       Optional<Lathe_FloatTensor>:$bias, UnitAttr:$rounds_input);
  let results = (outs Lathe_FloatTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let extraClassDeclaration = [{
    /// Whether a code holds two numbers.
    bool isPacked();
  }];
}

/// What `lathe-quantize` puts between few bits and any other op that reads them.
def Lathe_DequantizeOp
    : Op<Lathe_Dialect, "dequantize",
         [Pure, DeclareOpInterfaceMethods<CostOpInterface>, InferTypeOpAdaptor,
          AttrSizedOperandSegments]> {
  let summary = "weights from their form in few bits";
  let description = [{
    The result is W [n, K, …] of f32, from `codes` of bf16 or f16, the elements
    themselves, or of i8 with scales s and offsets o [n, G]:

        W[n, k, …] = s[n, k G / K] codes[n, k, …] + o[n, k G / K]

    o being 0 where there are none. With `packed`, the codes are [n, K / 2, …]
    and hold two numbers each, as those of `quantized_linear` do.

    The default path decodes where the result is read: nothing writes W.

    Constraints:
    - (C1) the codes are static, of at least rank 2.
    - (C2) codes of i8 have scales, others neither scales nor offsets nor pairs.
    - (C3) scales and offsets are [n, G], and G divides the codes' second size.
  }];
  let arguments = (ins RankedTensorOf<[F16, BF16, I8]>:$codes,
                       Optional<Lathe_FloatTensor>:$scales,
                       Optional<Lathe_FloatTensor>:$offsets, UnitAttr:$packed);
  let results = (outs Lathe_FloatTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

/// Weights only, and so done when compiling.
def Lathe_FitScalesOp
    : Op<Lathe_Dialect, "fit_scales",
         [Pure, DeclareOpInterfaceMethods<CostOpInterface>, InferTypeOpAdaptor]> {
  let summary = "scales by which codes stand for weights with a smaller error";
  let description = [{
    Weights w [..., K] in groups of the last dimension have the codes
    q = clamp(round((w − o) / s), least, most) and are read as s q + o. The
    results are s and, if they are given, o for which Σ (s q + o − w)² over each
    group is at most that of the given ones, which reach from the least to the
    largest element. All s, the given ones too, are first rounded to bf16, as
    they are stored. They come from a search over ranges that leave out more and
    more of the extremes, and then, twice, of the s and o that are best for the
    codes (least squares). Where none is better the given ones stay.

    Constraints:
    - (C1) the weights are f32 and static, of at least rank 1.
    - (C2) scales and offsets have the weights' shape, with 1 for the last size.
    - (C3) least is below most.
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$weights, RankedTensorOf<[F32]>:$scales,
                       Optional<RankedTensorOf<[F32]>>:$offsets, I64Attr:$least,
                       I64Attr:$most);
  let results = (outs RankedTensorOf<[F32]>:$fitted,
                      Optional<RankedTensorOf<[F32]>>:$shifted);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

#endif // LATHE_QUANTIZED_TD
