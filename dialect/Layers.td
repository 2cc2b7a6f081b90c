//===- Layers.td - Linear maps with weights -------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LAYERS_TD
#define LATHE_LAYERS_TD

include "dialect/Kinds.td"

def Lathe_LinearOp : Lathe_Op<"linear",
    [Operand<"input", Lathe_FloatTensor, "[..., features in]">],
    [ShapingKey<"features", "int", "output features">,
     ShapingKey<"bias", "bool", "whether a bias is added", "true">],
    [Parameter<"weight", "[features, in.features]", "the matrix, output by input">,
     Parameter<"bias", "[features]", "added to every output", "fan_in", "bias">],
    [MatrixOpInterface]> {
  let family = "Layers";
  let takesEpilogue = 1;
  let summary = "a matrix applied to the last dimension";
  let formula = "y = x Wᵀ + b";
  let example = "{id: logits, op: linear, features: 10}";
  let description = [{
    Constraints:
    - (C1) the input has a last dimension.
    - (C2) the weight is [features, last dimension of the input].
    - (C3) the bias, if any, is [features].
  }];
}

def Lathe_Conv2dOp : Lathe_Op<"conv2d",
    [Operand<"input", Lathe_FloatTensor, "[N, C, H, W]">],
    [ShapingKey<"channels", "int", "output channels">,
     ShapingKey<"kernel", "pair", "extent of the window, in pixels">,
     PairKey<"stride", "step of the window, in pixels", "1">,
     PairKey<"dilation", "distance of the window's taps, in pixels", "1">,
     PaddingKey<"padding", "pixels added at the edges: a number, [height, width], "
                "[top, left, bottom, right] or same", "same">,
     EnumKey<"padding_mode", Lathe_PaddingModeAttr, "what the added pixels hold", "zeros">,
     IntKey<"groups", "groups of channels that do not mix; `channels` for depthwise", "1">,
     ShapingKey<"bias", "bool", "whether a bias is added; by default when no `norm` follows", "not norm">],
    [Parameter<"weight", "[channels, in.channels / groups, kernel[0], kernel[1]]", "the filters">,
     Parameter<"bias", "[channels]", "added to every pixel", "fan_in", "bias">],
    [MatrixOpInterface]> {
  let family = "Layers";
  let takesEpilogue = 1;
  let summary = "a two-dimensional convolution (cross-correlation)";
  let formula = "y[n, f, i, j] = b[f] + Σ_{c, p, q} w[f, c, p, q] x[n, g(f) C/groups + c, "
                "i·stride + p·dilation − padding, …]";
  let example = "{id: stem, op: conv2d, channels: 16, kernel: 3, stride: 2, norm: batch, act: silu}";
  let description = [{
    Padding `same` adds (kernel − 1)·dilation pixels to each dimension, the
    odd one at the bottom and right, so that stride 1 keeps the size.

    Constraints:
    - (C1) the input has rank 4.
    - (C2) the weight has rank 4 and a static window.
    - (C3) groups divides the input's channels and the output's.
    - (C4) the weight's second dimension is input channels / groups.
    - (C5) stride and dilation are positive pairs, padding four non-negative numbers.
    - (C6) the window fits into the padded input.
    - (C7) circular padding is at most the input's size, reflection less than it.
    - (C8) the bias, if any, is [output channels].
  }];
}

def Lathe_ConvTranspose2dOp : Lathe_Op<"conv_transpose2d",
    [Operand<"input", Lathe_FloatTensor, "[N, C, H, W]">],
    [ShapingKey<"channels", "int", "output channels">,
     ShapingKey<"kernel", "pair", "extent of the window, in pixels">,
     PairKey<"stride", "distance between the windows of neighbouring input pixels, in pixels", "1">,
     PairKey<"dilation", "distance of the window's taps, in pixels", "1">,
     PaddingKey<"padding", "pixels taken off the output's edges: a number, [height, width] "
                "or [top, left, bottom, right]", "0">,
     PairKey<"output_padding", "pixels added at the output's bottom and right", "0">,
     IntKey<"groups", "groups of channels that do not mix", "1">,
     ShapingKey<"bias", "bool", "whether a bias is added; by default when no `norm` follows", "not norm">],
    [Parameter<"weight", "[in.channels, channels // groups, kernel[0], kernel[1]]",
               "the filters, input by output">,
     Parameter<"bias", "[channels]", "added to every pixel", "fan_in", "bias">],
    [DeclareOpInterfaceMethods<MatrixOpInterface, ["joinsNeighbours"]>]> {
  let family = "Layers";
  let takesEpilogue = 1;
  let summary = "a two-dimensional transposed convolution";
  let formula = "y[n, f, i·stride + p·dilation − padding, …] += w[c, f, p, q] x[n, c, i, j], "
                "then + b[f]";
  let example = "{id: up, op: conv_transpose2d, channels: 24, kernel: 4, stride: 2, padding: 1}";
  let description = [{
    The adjoint of `conv2d` in its input: every input pixel adds its window to
    the output. The output has (H − 1)·stride + (kernel − 1)·dilation + 1 +
    output_padding − padding rows; those that no window reaches hold the bias.

    Constraints:
    - (C1) the input has rank 4.
    - (C2) the weight has rank 4 and a static shape.
    - (C3) groups divides the input's channels.
    - (C4) the weight's first dimension is the input's channels.
    - (C5) stride and dilation are positive pairs, padding four non-negative numbers.
    - (C6) kernel, stride, dilation and padding are at most 2^30.
    - (C7) output_padding is a pair of at least 0 and less than the larger of stride and dilation.
    - (C8) the bias, if any, is [output channels].
  }];
}

def Lathe_MatmulOp : Lathe_Op<"matmul",
    [Operand<"input", Lathe_FloatTensor, "[..., M, K], or [..., K, M] if transposed">,
     Operand<"other", Lathe_FloatTensor, "[..., K, N], or [..., N, K] if transposed">],
    [BoolKey<"transpose_input", "whether the first operand's last two dimensions change places", "false">,
     BoolKey<"transpose_other", "whether the second operand's do", "false">]> {
  let family = "Layers";
  let summary = "a product of matrices, for each place of the dimensions before";
  let formula = "y[…, m, n] = Σ_k a[…, m, k] b[…, k, n]";
  let example = "{id: scores, op: matmul, from: [q, k], transpose_other: true}";
  let description = [{
    The dimensions before the last two agree by NumPy's rules: they are aligned
    at the end, and a size of 1 stretches.

    Constraints:
    - (C1) both operands have at least rank 2 and one element type.
    - (C2) the dimensions that are summed over have one size.
    - (C3) the dimensions before the last two agree by NumPy's rules.
  }];
}

def Lathe_EmbeddingOp : Lathe_Op<"embedding",
    [Operand<"indices", Lathe_IntegerTensor, "row numbers, of any shape">],
    [ShapingKey<"count", "int", "rows of the table">,
     ShapingKey<"features", "int", "length of a row">],
    [Parameter<"weight", "[count, features]", "the table", "normal(0.02)">],
    [DeclareOpInterfaceMethods<MatrixOpInterface, ["isTable"]>]> {
  let family = "Layers";
  let summary = "rows of a table, by number";
  let formula = "y[…, :] = w[i[…], :]";
  let example = "{id: embed_tokens, op: embedding, count: 64896, features: 2048}";
  let description = [{
    A number outside the table reads its nearest row, so that a program never
    reads outside its weights, and the run returns an error that names the op.

    Constraints:
    - (C1) the weight is [count, features].
  }];
  let extraClassDeclaration = [{
    /// Only the rows that are read move, not the whole table.
    ::mlir::lathe::DimExpr getBytes();
  }];
}

def Lathe_LearnedOp : Lathe_Op<"learned", [],
    [ShapingKey<"shape", "ints", "its sizes, outermost first">,
     ShapingKey<"low", "float", "the least number that `lathe init` draws", "-1.0">,
     ShapingKey<"high", "float", "the greatest", "1.0">],
    [Parameter<"weight", "shape", "the result", "uniform({low}, {high})">]> {
  let family = "Layers";
  let summary = "a learned tensor, the same for every input";
  let formula = "y = w";
  let example = "{id: init_content_features, op: learned, shape: [100, 256]}";
  let description = [{
    The parameter itself, for the other steps. What they compute of it alone is
    computed once, when compiling.
  }];
}

#endif // LATHE_LAYERS_TD
