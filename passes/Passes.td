//===- Passes.td - Passes on the dialect ---------------------------*- tablegen -* ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PASSES_PASSES_TD
#define LATHE_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

def EraseDead : Pass<"lathe-erase-dead", "::mlir::ModuleOp"> {
  let summary = "erases what has no effect on the results";
  let description = [{
    Ops that give back their operand (a multiplication by 1, a reshape to the
    same shape, a sum over one element) or a number that is known (a softmax over
    one element, and what is computed of it) are folded; what then nobody reads
    goes, and weights that nobody reads are not in the program. Every step is
    exact, but that a NaN or an infinity in what is erased has no effect either.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"erased", "ops-erased", "ops without effect">,
    Statistic<"weightsErased", "weights-erased", "weights that are no longer read">];
}

def FoldMasks : Pass<"lathe-fold-masks", "::mlir::ModuleOp"> {
  let summary = "makes networks smaller by the channels that masks drop";
  let description = [{
    A `hybrid_sparse_mask` whose mask is known (`values` of its weight, as the
    compiler has read them from the checkpoint) becomes what computes the kept
    channels and a `spread` of them among zeros. Then the producers of the
    dropped channels shrink, and so do their consumers, by way of residual adds,
    norms, convolutions of any grouping, reshapes, concatenations, whole heads
    and their caches: see passes/fold/Folding.h. All changes of weights are ops
    on weights. Results stay the same but for rounding.

    Where an op needs all channels, the mask stops there: a `spread` is left, and
    a remark names the op. A mask that keeps nothing is an error.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"folded", "masks-folded", "masks that became kept channels">,
    Statistic<"stopped", "masks-stopped", "places where an op needs all channels">,
    Statistic<"parametersBefore", "parameters-before", "elements of the weights that are read, before">,
    Statistic<"parametersAfter", "parameters-after", "and after">];
}

def GroupExperts : Pass<"lathe-group-experts", "::mlir::ModuleOp"> {
  let summary = "gives each expert just the tokens that picked it";
  let description = [{
    `experts` becomes `group_picks`, which sorts the picks by expert, and
    `grouped_experts`, in which each expert is a product over its own tokens:
    nothing is computed for picks that are null, and nothing is padded. Layers
    with the same picks share one `group_picks`.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"grouped", "grouped", "layers of experts that were grouped">,
    Statistic<"sorts", "sorts", "times that picks are sorted">];
}

def FoldNorms : Pass<"lathe-fold-norms", "::mlir::ModuleOp"> {
  let summary = "moves factors and summands of channels into the weights beside them";
  let description = [{
    What maps every channel by a factor and a summand that are settled before a
    run - a `batch_norm`, a product or a sum with a weight, the affine part of a
    `layer_norm` or `rms_norm`, a `channel_reprogram` of one pixel - becomes part
    of the weight and the bias of the `linear`, `conv2d` or `conv_transpose2d`
    before or behind it, if nobody else reads what is in between. A summand
    before a border of zeros stays, since the border has none; the affine part of
    a norm moves only where that is less arithmetic. Changes of weights are ops
    on weights.

    Factors that an input chooses (`lathe.choose`) move into weights that it
    chooses, too, and never into those that all choices share; there a batch norm
    becomes one product and one sum, whose operands are computed for each choice
    when compiling. Weights that several layers read, or entries with other norms
    beside them, stay as they are: the program would hold them more than once.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"absorbed", "absorbed", "maps of channels that became part of a layer">,
    Statistic<"norms", "norms", "layer and RMS norms whose affine part moved into layers">,
    Statistic<"settled", "settled", "batch norms that became a product and a sum">];
}

def MergeAdapters : Pass<"lathe-merge-adapters", "::mlir::ModuleOp"> {
  let summary = "computes Kronecker adapters by one matrix or by two small ones";
  let description = [{
    A `kronecker_adapter` becomes either one `linear`, whose matrix is computed
    of the factors when compiling, or two small products in which it is never
    there: whichever the cost interface says is cheaper on the target, for the
    tokens of the function. Dynamic dimensions are taken at the geometric mean of
    their bounds, so that a variant for one token chooses for one.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let options = [
    Option<"choice", "form", "::mlir::lathe::AdapterChoice",
           "::mlir::lathe::AdapterChoice::automatic", "which form adapters take",
           [{::llvm::cl::values(
             clEnumValN(::mlir::lathe::AdapterChoice::automatic, "auto", "the cheaper one"),
             clEnumValN(::mlir::lathe::AdapterChoice::merged, "merged", "one matrix"),
             clEnumValN(::mlir::lathe::AdapterChoice::factored, "factored", "two small products"))}]>,
    Option<"vectorBytes", "vector-bytes", "int64_t", "32", "width of a vector register">,
    Option<"flopsPerSecond", "flops", "double", "112e9", "operations a second of a core">,
    Option<"bytesPerSecond", "bytes", "double", "16e9", "bytes a second from memory">];
  let statistics = [
    Statistic<"merged", "merged", "adapters that became one matrix">,
    Statistic<"factored", "factored", "adapters that became two small products">];
}

def Quantize : Pass<"lathe-quantize", "::mlir::ModuleOp"> {
  let summary = "stores matrices in fewer bits";
  let description = [{
    The module's `lathe.precision` says how: `storage`, a list of patterns of
    weights' names and types (f32, bf16, f16, int8, int4), the last that matches
    a weight being the one for it; `group`, how many neighbours of a row share a
    scale; `zero_point`, whether they share an offset too, which int4 does by
    default and int8 does not; `scales`, "extremes" or "least_error";
    `activations`, "int8" where linear layers with integers round their input,
    too, or "bf16" where those with bf16 do, if `byte-dots` or `bf16-dots` says
    that the target gains by it.

    Matrices are those that MatrixOpInterface names, if they come from weights
    alone. A `linear` becomes a `quantized_linear`, any other op reads a
    `dequantize`; codes, scales and offsets are ops on weights. A table of
    embeddings stays as it is unless a pattern is its whole name. A group is as
    few neighbouring inputs, with their windows, as have `group` elements, and
    the whole row where there are not as many.
  }];
  let options = [
    Option<"byteDots", "byte-dots", "bool", "false",
           "the target multiplies bytes and sums up in one instruction">,
    Option<"bf16Dots", "bf16-dots", "bool", "false",
           "the target does so with bf16">];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"quantized", "quantized", "matrices stored in fewer bits">,
    Statistic<"kept", "kept", "matrices that are no f32">];
}

def ResolveWidths : Pass<"lathe-resolve-widths", "::mlir::ModuleOp"> {
  let summary = "tables what each configuration of widths costs";
  let description = [{
    Each `width_search` gets the FLOPs of the entry that it names, by the cost
    interface of the entry's ops, at every combination of the widths that the
    entry's inputs number: the attribute `lathe.costs`, the encoder's width
    being the slowest to change, and how many there are of each in
    `lathe.counts`. Other dynamic dimensions are taken at their least.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"configurations", "configurations", "configurations whose cost was tabled">];
}

def SpecializeEntries : Pass<"lathe-specialize-entries", "::mlir::ModuleOp"> {
  let summary = "makes code for sizes that a spec singles out";
  let description = [{
    An entry with `lathe.specialize = {tokens = [1, "any"]}` gets a variant, a
    function in which `tokens` is 1: `lathe.variant_of` names the entry and
    `lathe.when` holds the sizes. With several dimensions there is one variant
    for each combination, those with the most sizes first. A run takes the first
    variant whose sizes are its own, and the entry itself where none fits.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect", "::mlir::func::FuncDialect"];
  let statistics = [Statistic<"variants", "variants", "variants made">];
}

def FuseAttention : Pass<"lathe-fuse-attention", "::mlir::func::FuncOp"> {
  let summary = "computes attention in one pass over the keys";
  let description = [{
    Marks each `attention` with `lathe.fused`: its lowering then is one
    `kernel.attention`, which holds a block of scores at a time, and not a product,
    a softmax and a product over all of them. Attention that a spec writes out,

        matmul(softmax(matmul(q, k) · scale + bias), v)

    with any number of dimensions in front, becomes an `attention` of one head
    over them all, or of H heads where the bias of scores [N, H, T, S] stretches
    along one of both dimensions. Scale and bias may be missing, and nothing else
    may use the scores. What stays: f64, and heads of more than 2,048
    features of key and value together, whose tiles the stack should not hold.
  }];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"fused", "fused", "ops that become one pass over the keys">,
    Statistic<"recognised", "recognised", "of them, those that a spec wrote out">,
    Statistic<"kept", "kept", "ops left in parts: f64, or wide heads">];
}

def FuseSpectral : Pass<"lathe-fuse-spectral", "::mlir::func::FuncOp"> {
  let summary = "filters frequencies between a transform and its inverse, in cache";
  let description = [{
    Marks each `frequency_filter` with `lathe.fused`: its lowering then is one
    `kernel.frequency_filter`, which has the spectrum of a few blocks of channels
    at a time, and not nests over the spectra of all. What stays: f64, and
    wide blocks of images whose spectrum is too large for a stack, or of which a
    few frequencies are.

    On a device, a column of a block's spectrum and a frequency of what is
    between the products has to fit into what a workgroup shares, and a line into
    registers.
  }];
  let options = [
    Option<"sharedBytes", "shared-bytes", "int64_t", "0",
           "memory that a workgroup of a device shares; 0 for processors">,
    Option<"mostLine", "most-line", "int64_t", "32",
           "complex numbers of a line that an invocation of a device transforms">];
  let dependentDialects = ["::mlir::lathe::LatheDialect"];
  let statistics = [
    Statistic<"fused", "fused", "filters that keep their spectrum in cache">,
    Statistic<"kept", "kept", "filters left as nests: f64, wide blocks of large images, or what a device does not share">];
}

#endif // LATHE_PASSES_PASSES_TD
