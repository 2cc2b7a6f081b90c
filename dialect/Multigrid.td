//===- Multigrid.td - Multigrid operators ------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MULTIGRID_TD
#define LATHE_MULTIGRID_TD

include "dialect/Kinds.td"

/// Channels of u and f, height and width at `level`, an expression.
class GridSize<string level> {
  defvar growth = "((" # level # ") + 1 if growing else 1)";
  string u = "channels * " # growth;
  string f = "in.channels * " # growth;
  // n pixels become ⌈n / 2⌉ with padding and ⌊(n − 1) / 2⌋ without.
  defvar tail = " + 1 - 2 * restriction_padding) // 2 ** (" # level #
                ") - 1 + 2 * restriction_padding";
  string height = "(in.height" # tail;
  string width = "(in.width" # tail;
}

/// The convolutions A and S of smoothers: at levels below `count`, `each` of
/// them, at `path`.
class SmootherFamilies<string name, string path, string count, string each,
                       string when> {
  defvar grid = GridSize<"i">;
  defvar withBias = !if(!empty(when), "bias", when # " and bias");
  list<Parameter> parameters = [
    NestedParameterFamily<name # "_a_weight", path # ".A.weight", count, each,
        "[" # grid.f # ", " # grid.u # ", 3, 3]", "what u amounts to", "fan_in", when>,
    NestedParameterFamily<name # "_a_bias", path # ".A.bias", count, each,
        "[" # grid.f # "]", "added to it", "zeros", withBias>,
    NestedParameterFamily<name # "_s_weight", path # ".S.weight", count, each,
        "[" # grid.u # ", " # grid.f # ", 3, 3]", "the correction of u", "fan_in", when>,
    NestedParameterFamily<name # "_s_bias", path # ".S.bias", count, each,
        "[" # grid.u # "]", "added to it", "zeros", withBias>];
}

/// What stands between a level i and the coarser one.
class LevelFamily<string name, string path, string shape, string doc,
                  string init = "fan_in", string when = "">
    : ParameterFamily<name, path, "len(iterations) - 1", shape, doc, init,
                      "len(iterations) > 1" #
                          !if(!empty(when), "", " and " # when)>;

def Lathe_MultigridVcycleOp : Lathe_Op<"multigrid_vcycle",
    [Operand<"input", Lathe_FloatTensor, "f, [N, C, H, W]">],
    [ShapingKey<"channels", "int", "channels of the solution u">,
     PairsKey<"iterations", "smoothing iterations [pre, post] of each level, finest first">,
     EnumKey<"padding_mode", Lathe_PaddingModeAttr,
             "what stands around an image: zeros for Dirichlet, circular for periodic, "
             "reflect for Neumann conditions", "zeros">,
     ShapingKey<"bias", "bool", "whether A and S have biases", "false">,
     ShapingKey<"residual", "bool", "whether f − A u is restricted instead of f", "false">,
     ShapingKey<"level_norm", "bool",
                "whether a layer norm over channels, height and width follows each prolongation",
                "false">,
     ShapingKey<"growing", "bool", "whether level l has l + 1 times the channels", "false">,
     IntKey<"restriction_padding", "pixels put around an image that is restricted, 0 or 1", "1">,
     FloatKey<"eps", "added to the variance of the layer norms", "1e-5">],
    !listconcat(
      [ParameterAt<"guess_weight", "layer0.0.S.weight", "[channels, in.channels, 3, 3]",
                   "the first guess of u">,
       ParameterAt<"guess_bias", "layer0.0.S.bias", "[channels]", "added to it", "zeros", "bias">,
       LevelFamily<"pi_weight", "layer{i + 1}.0.Pi.weight",
                   "[" # GridSize<"i + 1">.u # ", " # GridSize<"i">.u # ", 3, 3]",
                   "the restriction of u">,
       LevelFamily<"r_weight", "layer{i + 1}.0.R.weight",
                   "[" # GridSize<"i + 1">.f # ", " # GridSize<"i">.f # ", 3, 3]",
                   "the restriction of f">,
       LevelFamily<"residual_a_weight", "layer{i + 1}.0.A.weight",
                   "[" # GridSize<"i">.f # ", " # GridSize<"i">.u # ", 3, 3]",
                   "what u amounts to where f − A u is restricted", "fan_in", "residual">,
       LevelFamily<"residual_a_bias", "layer{i + 1}.0.A.bias", "[" # GridSize<"i">.f # "]",
                   "added to it", "zeros", "residual and bias">],
      SmootherFamilies<"pre", "layer{i}.{j + 1}", "len(iterations)",
                       "max(iterations[i][0] - (1 if i == 0 else 0), 0)", "">.parameters,
      [LevelFamily<"prolong_weight", "RTlayers.{i}.weight",
                   "[" # GridSize<"i + 1">.u # ", " # GridSize<"i">.u #
                       ", 4 - (" # GridSize<"i">.height # ") % 2, 4 - (" #
                       GridSize<"i">.width # ") % 2]",
                   "the prolongation of u">,
       LevelFamily<"norm_weight", "norm_layer_list.{i}.weight",
                   "[" # GridSize<"i">.u # ", " # GridSize<"i">.height # ", " #
                       GridSize<"i">.width # "]",
                   "the scale of the layer norm", "ones", "level_norm">,
       LevelFamily<"norm_bias", "norm_layer_list.{i}.bias",
                   "[" # GridSize<"i">.u # ", " # GridSize<"i">.height # ", " #
                       GridSize<"i">.width # "]",
                   "its shift", "zeros", "level_norm">],
      SmootherFamilies<"post", "post_smooth_layer{i}.{j}", "len(iterations) - 1",
                       "max(iterations[i][1], 0)", "len(iterations) > 1">.parameters),
    [DeclareOpInterfaceMethods<MatrixOpInterface, ["joinsNeighbours"]>]> {
  let family = "Multigrid";
  let summary = "a linear operator: one V-cycle of a multigrid method, of convolutions";
  let formula = "u ← S f; at each level u ← u + S(f − A u), then f ← R f, u ← Π u; "
                "back up u_l ← u_l + P u_{l+1}, then u ← u + S(f − A u)";
  let source = "He, Liu and Xu, MgNO: Efficient Parameterization of Linear Operators via "
               "Multigrid, ICLR 2024";
  let example = "{id: conv, op: multigrid_vcycle, channels: 24, iterations: [[1, 0], [1, 0], [2, 0]]}";
  let description = [{
    A and S are 3×3 convolutions of each iteration, Π and R 3×3 ones of stride
    2. The first guess is the first of the iterations `pre` of the finest level;
    the iterations `post` of the coarsest are not used. P is a transposed
    convolution of stride 2 without bias, its padding that of the restriction;
    it gives the finer level's size with a window of 4 pixels where that is
    even and of 3 where it is odd. It pads with zeros, all others with
    `padding_mode`.

    Constraints:
    - (C1) the input is [N, C, H, W] with C, H and W known when the model is compiled.
    - (C2) there is a level, its counts are at least 0, and the finest has one iteration before.
    - (C3) every parameter is there once a level or iteration.
    - (C4) the parameters have the shapes listed below, channels being any number a level.
    - (C5) restriction_padding is 0 or 1.
    - (C6) every level has the pixels that its convolutions need.
    - (C7) eps is at least 0.
  }];
}

#endif // LATHE_MULTIGRID_TD
