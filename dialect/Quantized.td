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
      is as before with c in place of the codes.

    Constraints:
    - (C1) the input has a static last dimension, K.
    - (C2) the codes are [features, K], or of i8 [features, K / 2].
    - (C3) codes of i8 have scales, others neither scales nor offsets.
    - (C4) scales and offsets are [features, G], and G divides K (K / 2 for 4 bits).
    - (C5) the bias, if any, is [features].
  }];
  let arguments = (ins Lathe_FloatTensor:$input, RankedTensorOf<[F16, BF16, I8]>:$codes,
                       Optional<Lathe_FloatTensor>:$scales,
                       Optional<Lathe_FloatTensor>:$offsets,
                       Optional<Lathe_FloatTensor>:$bias);
  let results = (outs Lathe_FloatTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let extraClassDeclaration = [{
    /// Whether a code holds two numbers.
    bool isPacked();
  }];
}

#endif // LATHE_QUANTIZED_TD
