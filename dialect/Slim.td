//===- Slim.td - Layers of several widths ------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SLIM_TD
#define LATHE_SLIM_TD

include "dialect/Kinds.td"

def Lathe_SlimOp : Lathe_Op<"slim",
    [Operand<"input", Lathe_FloatTensor, "[N, C, H, W], the first C of `inputs` channels">,
     OptionalOperand<"width", RankedTensorOf<[I32, I64]>,
                     "the number of the width, a scalar; chooses the batch norm">],
    [ShapingKey<"channels", "int", "output channels at full width">,
     ShapeKey<"used", "output channels in use, a size; all by default", "channels">,
     ShapingKey<"inputs", "int", "input channels at full width", "in.channels">,
     ShapingKey<"kernel", "pair", "extent of the window, in pixels">,
     PairKey<"stride", "step of the window, in pixels", "1">,
     PairKey<"dilation", "distance of the window's taps, in pixels", "1">,
     PaddingKey<"padding", "pixels added at the edges: a number, [height, width], "
                "[top, left, bottom, right] or same", "same">,
     EnumKey<"padding_mode", Lathe_PaddingModeAttr, "what the added pixels hold", "zeros">,
     ShapingKey<"widths", "floats", "shares of the channels, one a width, each with a batch norm of "
                "int(channels · share) channels; empty for none", "[]">,
     FloatKey<"eps", "added to the variance of the batch norm", "1e-5">,
     ShapingKey<"bias", "bool", "whether a bias is added; by default where no batch norm is",
                "len(widths) == 0">],
    [Parameter<"weight", "[channels, inputs, kernel[0], kernel[1]]", "the filters at full width">,
     Parameter<"bias", "[channels]", "added to every pixel", "fan_in", "bias">,
     ParameterFamily<"norm_weight", "norm.{i}.weight", "len(widths)", "[int(channels * widths[i])]",
                     "a factor a channel", "ones", "len(widths) > 0">,
     ParameterFamily<"norm_bias", "norm.{i}.bias", "len(widths)", "[int(channels * widths[i])]",
                     "a summand a channel", "zeros", "len(widths) > 0">,
     ParameterFamily<"running_mean", "norm.{i}.running_mean", "len(widths)",
                     "[int(channels * widths[i])]", "the mean a channel", "zeros", "len(widths) > 0">,
     ParameterFamily<"running_var", "norm.{i}.running_var", "len(widths)",
                     "[int(channels * widths[i])]", "the variance a channel", "ones",
                     "len(widths) > 0">],
    [DeclareOpInterfaceMethods<SymbolUserOpInterface>,
     DeclareOpInterfaceMethods<MatrixOpInterface, ["joinsNeighbours"]>]> {
  let family = "Slimmable layers";
  let takesEpilogue = 1;
  let summary = "a convolution of which the first channels run, with a batch norm a width";
  let formula = "y = BN_width(conv2d(x, W[0 : used, 0 : C]) + b[0 : used])";
  let source = "Yu et al., Slimmable Neural Networks, ICLR 2019; Aich et al., Efficient Controllable "
               "Multi-Task Architectures, ICCV 2023";
  let example = "{id: e.0, op: slim, with: encoder_width, channels: 64, used: \"${c64}\", kernel: 3, "
                "widths: [0.25, 0.5, 0.75, 1.0], act: relu}";
  let description = [{
    One copy of the weights serves all widths: a run reads the part that it
    uses, in place, and its cost follows the channels in use. `used` is a
    dimension whose values an input numbers, and `width` is that input:

    ```yaml
    dims: {c64: {from: encoder_width, values: "${[int(64 * w) for w in widths]}"}}
    ```

    Constraints:
    - (C1) the input has rank 4.
    - (C2) the weight is [channels, inputs, kernel height, kernel width], static.
    - (C3) `used` is one size, and neither it nor the input's channels exceed the weight's.
    - (C4) a batch norm has four parameters of one size, at least `used` channels of it.
    - (C5) stride and dilation are positive pairs, padding four non-negative numbers.
    - (C6) the window fits into the padded input.
    - (C7) circular padding is at most the input's size, reflection less than it.
    - (C8) the bias, if any, is [channels].
    - (C9) several batch norms need a width, a scalar; it numbers them as it does the values of
      the dimension `used`.
  }];
}

def Lathe_WidthSearchOp : Lathe_Op<"width_search",
    [Operand<"budget", RankedTensorOf<[F32]>,
             "the FLOPs allowed, as a share of those of the widest configuration; a scalar">,
     Operand<"preference", RankedTensorOf<[F32]>, "[tasks], how much each task matters, at least 0">],
    [StringKey<"entry", "the entry whose widths are searched for">,
     StringKey<"encoder", "the input of that entry that numbers the encoder's widths">,
     StringKey<"decoders", "the inputs that number the decoders' widths; {i} stands for the task">],
    [], [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let family = "Slimmable layers";
  let summary = "the widths of an entry's encoder and decoders for a budget and preferences";
  let formula = "decoder_t = ⌈(W_t − 1) p_t / max p⌉, then the widest encoder with FLOPs ≤ budget";
  let source = "Aich et al., Efficient Controllable Multi-Task Architectures, ICCV 2023";
  let example = "{op: width_search, with: [budget, preference], entry: main, encoder: encoder_width, "
                "decoders: \"decoder_width{i}\"}";
  let description = [{
    The preferences decide the decoders' widths, the most preferred task's being
    the widest; the budget decides the encoder's, which is the widest that fits.
    Where not even the narrowest encoder fits, decoders get narrower, the least
    preferred ones first. Widths are numbered from narrow to wide. Gives
    `widths` [1 + tasks], the encoder's first, and the `share` of the widest
    configuration's FLOPs that these cost, which exceeds the budget only where
    no configuration fits. What configurations cost is tabled by the compiler.

    Constraints:
    - (C1) the budget is a scalar, the preference [tasks].
    - (C2) `entry` is an entry, and its inputs `encoder` and `decoders` number the values of
      dimensions.
    - (C3) there are at most 4096 configurations.
  }];
  let results = (outs Lathe_Tensor:$widths, Lathe_Tensor:$share);
  let extraClassDeclaration = [{
    /// The inputs that number widths, the encoder's first.
    ::mlir::SmallVector<std::string> getWidthInputs();
    /// How many widths each numbers; 0 where it numbers none.
    ::mlir::SmallVector<int64_t> getWidthCounts(::mlir::Operation *module);
  }];
}

def Lathe_LeadingOp : Op<Lathe_Dialect, "leading", [Pure, InferTypeOpAdaptor]> {
  let summary = "the first places of each dimension";
  let description = [{
    What `slim` reads of its weights. Nothing is copied.

    Constraints:
    - (C1) the shape has a size for each dimension of the input.
    - (C2) no static size exceeds the input's.
  }];
  let arguments = (ins Lathe_Tensor:$input, Lathe_ShapeAttr:$shape);
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

#endif // LATHE_SLIM_TD
