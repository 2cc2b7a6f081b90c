//===- Passes.td - The code generator's passes ----------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_PASSES_TD
#define LATHE_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

class LathePass<string argument, string operation> : Pass<argument, operation> {
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::func::FuncDialect",
    "::mlir::lathe::LatheDialect", "::mlir::lathe::kernel::KernelDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::mlir::vector::VectorDialect",
    "::mlir::LLVM::LLVMDialect"];
}

//===----------------------------------------------------------------------===//
// Phase tensor
//===----------------------------------------------------------------------===//

def Decompose : LathePass<"lathe-decompose", "::mlir::func::FuncOp"> {
  let summary = "rewrites ops that are compositions into smaller ones";
  let description = [{
    An op at the level of a paper that is a composition of others (a multigrid
    cycle, an adapter, attention) becomes these, by the decomposition of its
    family (codegen/decompose/). What is made keeps the op's location. Ops with
    a lowering of their own stay.
  }];
  let options = [
    Option<"wholeRotations", "whole-rotations", "bool", "false",
           "turn all features of rotary positions in one loop">];
}

def LowerToLinalg : LathePass<"lathe-lower-to-linalg", "::mlir::ModuleOp"> {
  let summary = "lowers the dialect to linalg on tensors";
  let description = [{
    Every op becomes linalg.generic and tensor ops by the lowering of its
    family (codegen/lower/). Encodings leave the types; a dynamic dimension's
    name becomes a tensor.dim of the entry's input that has it, or the value of
    the input that `lathe.dim_sources` names. Weights stay `lathe.parameter`.
    Each state is read once, at the entry's beginning, as a whole buffer with
    dynamic dimensions at their bounds, and written once, at its end.
  }];
  let options = [
    Option<"channelsLast", "channels-last", "bool", "false",
           "compute on images with the channels innermost">,
    Option<"byteDots", "byte-dots", "bool", "false",
           "sum products of bytes as integers, by kernel.dot_product">,
    Option<"byteUnit", "byte-unit", "int64_t", "4",
           "bytes of a row that an instruction multiplies at once, of which groups must have a multiple">,
    Option<"bf16Dots", "bf16-dots", "bool", "false",
           "multiply what is rounded to bf16 by kernel.dot_product">,
    Option<"winograd", "winograd", "double", "0",
           "compute convolutions by kernel.winograd where that pays on a machine of so many FLOPs per byte "
           "of memory; 0 for never">];
}

def SinkTransposes : LathePass<"lathe-sink-transposes", "::mlir::func::FuncOp"> {
  let summary = "moves transposes down through elementwise ops until they cancel";
  let description = [{
    A transpose of an operand of an elementwise op becomes a transpose of its
    result; a transpose into a reduction becomes part of its indexing map; a
    transpose of a transpose is one, or none; a concatenation of transposes is a
    transpose of one. What convolutions need at their edges so disappears between
    them.
  }];
  let statistics = [
    Statistic<"sunk", "sunk", "transposes moved past an op">,
    Statistic<"cancelled", "cancelled", "pairs of transposes that cancelled">];
}

def SinkDecoding : LathePass<"lathe-sink-decoding", "::mlir::func::FuncOp"> {
  let summary = "moves the decoding of weights in few bits to the op that reads them";
  let description = [{
    An elementwise op with `lathe.decodes` makes f32 of codes and scales. A
    transpose, a reshape, a slice or a copy of its result becomes that of codes and
    scales, by compile time mostly, and the decoding moves behind it, where
    `lathe-fuse-elementwise` makes it a part of the product that reads the
    weights. A reshape that parts neighbours with one scale stays.
  }];
  let statistics = [
    Statistic<"decodings", "decodings", "decodings in the function, after">];
}

def FuseElementwise : LathePass<"lathe-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "merges chains of elementwise ops";
  let description = [{
    Fuses an elementwise op into its only consumer where no element is computed
    twice by that; a reduction takes none that could be applied to the sums of
    another. An op with `lathe.decodes` becomes part of each op that reads
    it, reductions too: decoding again is cheaper than storing what was decoded.
  }];
}

def HoistWeightMath : LathePass<"lathe-hoist-weight-math", "::mlir::ModuleOp"> {
  let summary = "moves computation on weights alone into functions run at compile time";
  let description = [{
    A value that depends on nothing but weights and constants becomes a weight
    of the program: `lathe.weight` with the attribute `lathe.prepared_by`
    naming the function that computes it, and `lathe.prepared_from` the
    checkpoint's tensors that this is given. Layers that differ in their weights
    alone share a function. A
    weight that only such functions read is marked `lathe.checkpoint_only` and
    does not reach the program's weights file. The transpose of a part of a
    weight that an input chooses becomes that part of the whole weight's
    transpose, so that choosing copies nothing when running. What several
    entries compute alike is one weight. An op with `lathe.decodes` stays: its
    inputs are what is worth storing.
  }];
  let statistics = [
    Statistic<"hoisted", "hoisted", "weights computed at compile time">,
    Statistic<"shared", "shared", "values that another entry's weight serves">];
}

def LayoutWeights : LathePass<"lathe-layout-weights", "::mlir::ModuleOp"> {
  let summary = "gives each weight that the program reads its place in the weights file";
  let description = [{
    Weights get `lathe.offset`, a multiple of 64 bytes, in the order of their
    declaration; the module gets `lathe.weight_bytes`. States get the same
    within the block of states that each instance owns, and the module
    `lathe.state_bytes`.
  }];
}

def FuseKernelEpilogues : LathePass<"lathe-fuse-kernel-epilogues", "::mlir::func::FuncOp"> {
  let summary = "lets kernel.dot_product apply the elementwise op that follows it";
  let description = [{
    An elementwise op that alone reads a product, element by element, becomes
    the product's `finish`, and what else it reads its extras: a bias, an
    activation, a residual and a gate cost no pass over memory. Between the two
    there may be a reshape of the rows, which then follows; other operands are
    vectors of the columns, or have the product's shape.
  }];
  let statistics = [Statistic<"fused", "fused", "elementwise ops that a product applies">];
}

def FormNests : LathePass<"lathe-form-nests", "::mlir::func::FuncOp"> {
  let summary = "turns linalg ops into kernel.nest, with their epilogues";
  let description = [{
    A reduction that starts at a constant, together with the elementwise op
    that is its only user, becomes one nest; every other structured op a nest
    of its own. A bias, a norm's scale, an activation, a residual or a mask is
    then applied while the sums are in registers.
  }];
  let options = [
    Option<"fuseEpilogues", "fuse-epilogues", "bool", "true",
           "apply the elementwise op after a reduction to its accumulators">];
  let statistics = [
    Statistic<"nests", "nests", "nests formed">,
    Statistic<"epilogues", "epilogues", "elementwise ops fused as epilogues">];
}

def PadInPlace : LathePass<"lathe-pad-in-place", "::mlir::func::FuncOp"> {
  let summary = "lets images be computed inside their padded tensors";
  let description = [{
    A filled tensor that an image is inserted into becomes one of this image's
    own and moves before the op that computes it. Bufferization then lets this
    op store into the padded buffer, and the insertion copies nothing.
  }];
  let statistics = [
    Statistic<"placed", "placed", "fills moved before what computes an image">];
}

//===----------------------------------------------------------------------===//
// Phase loops
//===----------------------------------------------------------------------===//

def FuseTasks : LathePass<"lathe-fuse-tasks", "::mlir::func::FuncOp"> {
  let summary = "computes nests that pass elements on task by task";
  let description = [{
    Nests of one step of the model that have their first dimensions in common,
    along which each element depends on the same of the others alone, become the
    body of one scf.forall over these dimensions, together with the reshapes,
    slices and concatenations between them: where what they pass on would leave
    the second-level cache, and what a task of it needs stays there. Tasks are as
    small as they can be. A product that all tasks read the same large weights
    for is none of them, nor is a nest that gathers.
  }];
  let options = [
    Option<"secondCacheBytes", "second-cache-bytes", "int64_t", "524288", "size of a core's second-level cache">];
  let statistics = [
    Statistic<"groups", "groups", "groups of nests that share their tasks">,
    Statistic<"fused", "fused", "nests in them">];
}

def FuseBands : LathePass<"lathe-fuse-bands", "::mlir::func::FuncOp"> {
  let summary = "computes kernels that pass images on band of rows by band";
  let description = [{
    Kernels on images that read one another's rows, or the same ones, become one
    loop over bands of rows, in which each computes those rows of which all that
    it reads is there: where an image that they share would leave the
    second-level cache, and half of that holds what a band needs. No row is
    computed twice. Of a buffer that nothing else uses a band is kept, and the
    rows that are read again.
  }];
  let options = [
    Option<"secondCacheBytes", "second-cache-bytes", "int64_t", "524288", "size of a core's second-level cache">];
  let statistics = [
    Statistic<"groups", "groups", "groups of kernels that share their bands">,
    Statistic<"fused", "fused", "kernels in them">,
    Statistic<"kept", "kept", "buffers of which a band is kept">];
}

def LowerTasks : LathePass<"lathe-lower-tasks", "::mlir::func::FuncOp"> {
  let summary = "turns scf.forall on buffers into kernel.parallel";
  let description = [{
    The loops become one over their product. As many tasks are handed to a
    thread at once as make up for waking it.
  }];
  let options = [
    Option<"leastThreadWork", "least-thread-work", "int64_t", "131072", "operations that are worth waking a thread">];
}

def LowerEntries : LathePass<"lathe-lower-entries", "::mlir::ModuleOp"> {
  let summary = "gives functions the signature of the runtime's ABI";
  let description = [{
    Inputs and outputs become memrefs; the base of the weights, of the states,
    of the arena and the context follow. `lathe.parameter` becomes a view of
    the weights at the offset in the weight's `lathe.offset`. A state is read
    once, as a tensor that may be computed in, and written last.
  }];
}

def FillBorders : LathePass<"lathe-fill-borders", "::mlir::func::FuncOp"> {
  let summary = "fills no more of a buffer than stays filled";
  let description = [{
    Where the op that touches a filled buffer next stores a part of it anew, as
    a padded image's inside, the rest alone is filled.
  }];
  let statistics = [
    Statistic<"borders", "borders", "buffers of which the border is filled">];
}

def CopiesToNests : LathePass<"lathe-copies-to-nests", "::mlir::func::FuncOp"> {
  let summary = "turns memref copies and linalg fills into nests";
  let options = [Option<"copiesOnly", "copies-only", "bool", "false",
      "leave fills, which say what borders hold">];
}

def PadStrides : LathePass<"lathe-pad-strides", "::mlir::func::FuncOp"> {
  let summary = "keeps the rows of a product apart in the first-level cache";
  let description = [{
    A register tile reads an element of each of its rows at a time. Rows that
    follow each other at a multiple of a large power of two share the sets of
    the cache, and drive each other out where these are more than its ways. A
    buffer of such rows that nests alone use, in tasks also through views that
    do not run on from row to row, gets longer rows; other operands are copied
    to a buffer of longer rows, if enough columns read them. What
    registers of matrices multiply is read row by row, and stays.
  }];
  let options = [
    Option<"registers", "registers", "int64_t", "16", "number of vector registers">,
    Option<"cacheBytes", "cache-bytes", "int64_t", "32768", "size of the first-level data cache">,
    Option<"cacheWays", "cache-ways", "int64_t", "8", "lines of the first-level data cache that share a place">,
    Option<"vectorBytes", "vector-bytes", "int64_t", "32", "width of a vector register">,
    Option<"secondCacheBytes", "second-cache-bytes", "int64_t", "524288", "size of a core's second-level cache">,
    Option<"multipliers", "multipliers", "int64_t", "2", "vectors that are multiplied and added in a cycle">,
    Option<"bf16Matrices", "bf16-matrices", "std::string", "", "LLVM's intrinsic that multiplies matrices of bf16">];
  let statistics = [
    Statistic<"padded", "padded", "buffers with longer rows">,
    Statistic<"copied", "copied", "operands copied to longer rows">];
}

def PlanMemory : LathePass<"lathe-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "gives every buffer a place in one arena";
  let description = [{
    Buffers whose lifetimes do not overlap share bytes: first fit by decreasing
    size at the dynamic dimensions' bounds. Writes the arena's size into the
    function's `lathe.arena_bytes`, and the largest sum of live buffers, no
    plan can do with less, into `lathe.live_bytes`. Buffers within a
    kernel.parallel share memory on the stack in the same way.

    Where all sizes that are not static are multiples of one dimension's, such
    as a batch, places are multiples of it, too: a small batch touches as little
    of the arena as if it were made for that.
  }];
  let options = [
    Option<"scales", "scales", "bool", "true", "whether places may depend on a size">];
  let statistics = [Statistic<"buffers", "buffers", "buffers placed">];
}

def MarkEvents : LathePass<"lathe-mark-events", "::mlir::func::FuncOp"> {
  let summary = "brackets the code of each op of the model with profile events";
  let description = [{
    Neighbouring ops that come from one step share an event. The steps' paths
    become the function's `lathe.events`.
  }];
}

def GenerateNests : LathePass<"lathe-generate-nests", "::mlir::func::FuncOp"> {
  let summary = "writes loops and vector code for nests";
  let description = [{
    Vectorises along the output's innermost dimension (or a contiguous
    reduction), keeps a register tile of accumulators over the whole reduction
    and stores once. A reduction of which the second-level cache holds neither a
    panel nor a block of rows is cut into several, each of which adds to what the
    one before it stored. The outermost loops become a kernel.parallel. Vector
    width and register count are the target's.

    Where the target has registers of whole matrices of bf16, they sum up
    products of f32 in parts (`codegen/NestMatrices.h`), if that is faster, which
    a nest of dynamic sizes decides when it runs.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "32", "width of a vector register">,
    Option<"registers", "registers", "int64_t", "16", "number of vector registers">,
    Option<"masks", "masks", "bool", "true", "load and store some lanes of a vector at edges">,
    Option<"secondCacheBytes", "second-cache-bytes", "int64_t", "524288", "size of a core's second-level cache">,
    Option<"multipliers", "multipliers", "int64_t", "2", "vectors that are multiplied and added in a cycle">,
    Option<"bf16Matrices", "bf16-matrices", "std::string", "", "LLVM's intrinsic that multiplies matrices of bf16">,
    Option<"leastThreadWork", "least-thread-work", "int64_t", "131072", "operations that are worth waking a thread">,
    Option<"vectorise", "vectorise", "bool", "true", "use vectors and register tiles">,
    Option<"parallel", "parallel", "bool", "true", "hand large nests to several threads">];
  let statistics = [
    Statistic<"vectorised", "vectorised", "nests written with vectors">,
    Statistic<"multiplied", "multiplied", "nests written with matrices">,
    Statistic<"scalar", "scalar", "nests written with scalars">,
    Statistic<"split", "split", "parts that reductions were cut into, but the first ones">,
    Statistic<"parallelised", "parallelised", "nests handed to several threads">];
}

def GenerateAttention : LathePass<"lathe-generate-attention", "::mlir::func::FuncOp"> {
  let summary = "writes loops and vector code for kernel.attention";
  let description = [{
    With many queries, lanes run along the queries: keys and values are
    broadcast one by one, and no sum crosses lanes. With few, as when decoding,
    lanes run along the features and all heads that share keys read them
    together. A dynamic number of queries gets both. Heads and tiles of queries
    become a kernel.parallel, each with memory of its own on the stack. Vector
    width, register count and the block of keys are the target's.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "32", "width of a vector register">,
    Option<"registers", "registers", "int64_t", "16", "number of vector registers">,
    Option<"cacheBytes", "cache-bytes", "int64_t", "32768", "size of the first-level data cache">,
    Option<"parallel", "parallel", "bool", "true", "hand large ops to several threads">];
  let statistics = [
    Statistic<"generated", "generated", "ops written">,
    Statistic<"parallelised", "parallelised", "ops handed to several threads">];
}

def GenerateFilters : LathePass<"lathe-generate-filters", "::mlir::ModuleOp"> {
  let summary = "writes loops and vector code for kernel.frequency_filter";
  let description = [{
    Lanes run along the channels of a task's blocks. Transforms are fast ones,
    written out for short lengths and in stages for long ones, or, where that
    takes less, direct ones, tiles of frequencies whose sums are in registers.
    Images and groups of blocks become a kernel.parallel. Tables of sines become
    globals of the module.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "32", "width of a vector register">,
    Option<"registers", "registers", "int64_t", "16", "number of vector registers">,
    Option<"parallel", "parallel", "bool", "true", "hand large ops to several threads">];
  let statistics = [Statistic<"generated", "generated", "ops written">];
}

def GenerateWinograd : LathePass<"lathe-generate-winograd", "::mlir::func::FuncOp"> {
  let summary = "writes loops and vector code for kernel.winograd";
  let description = [{
    A task transforms a block of tiles, lanes along channels; multiplies them at
    each point by a panel of filters, tiles of rows by vectors of columns in
    registers; and transforms the products back, lanes along features. Images,
    blocks and panels become a kernel.parallel.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "32", "width of a vector register">,
    Option<"registers", "registers", "int64_t", "16", "number of vector registers">,
    Option<"parallel", "parallel", "bool", "true", "hand large convolutions to several threads">];
  let statistics = [Statistic<"generated", "generated", "ops written">];
}

def GenerateDotProducts : LathePass<"lathe-generate-dot-products", "::mlir::func::FuncOp"> {
  let summary = "writes loops and vector code for kernel.dot_product";
  let description = [{
    Sums are in registers, tiles of rows by vectors of a panel's columns, made
    by the target's instruction that multiplies two numbers of bf16, or four
    bytes, at a time; those of a group of bytes are integers. Where the target
    has registers of whole matrices, those hold the sums of 32 rows and columns,
    and a few rows alone are left to vectors. Panels and blocks of rows become a
    kernel.parallel.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "64", "width of a vector register">,
    Option<"registers", "registers", "int64_t", "32", "number of vector registers">,
    Option<"byteDot", "byte-dot", "std::string", "\"llvm.x86.avx512.vpdpbusd.512\"",
           "LLVM's intrinsic that multiplies and sums bytes">,
    Option<"unsignedDot", "unsigned-dot", "bool", "true", "it takes a column's bytes as unsigned">,
    Option<"bf16Dot", "bf16-dot", "std::string", "\"llvm.x86.avx512bf16.dpbf16ps.512\"",
           "LLVM's intrinsic that multiplies and sums bf16">,
    Option<"byteMatrices", "byte-matrices", "std::string", "", "LLVM's intrinsic that multiplies matrices of bytes">,
    Option<"bf16Matrices", "bf16-matrices", "std::string", "", "LLVM's intrinsic that multiplies matrices of bf16">,
    Option<"secondCacheBytes", "second-cache-bytes", "int64_t", "524288", "size of the second-level cache">,
    Option<"leastThreadWork", "least-thread-work", "int64_t", "131072", "operations that are worth waking a thread">,
    Option<"parallel", "parallel", "bool", "true", "hand large products to several threads">];
  let statistics = [Statistic<"generated", "generated", "ops written">];
}

def ReserveKernelMemory : LathePass<"lathe-reserve-kernel-memory", "::mlir::func::FuncOp"> {
  let summary = "gives kernels of devices memory that they work in";
  let description = [{
    Before memory is planned, each kernel.attention and kernel.dot_product of
    bytes whose rows would not occupy the device gets `init_partial`, of as many
    numbers as the workgroups that do occupy it have, and each kernel.frequency_filter of which a workgroup does
    not share the spectrum of a block gets `init_spectrum`. A nest whose tiles of
    16-bit numbers would not occupy the device becomes one that computes parts of
    a long reduction, in memory of their own, and one that adds these up
    (`codegen/gpu/SplitNests.h`). The options are the fields of `DeviceTarget`.
  }];
  let options = [
    Option<"workgroupSize", "workgroup-size", "int64_t", "128", "invocations of a workgroup">,
    Option<"sharedBytes", "shared-bytes", "int64_t", "16384", "memory that a workgroup shares">,
    Option<"accumulators", "accumulators", "int64_t", "32", "sums that an invocation has in registers">,
    Option<"sharedWords", "shared-words", "int64_t", "1", "neighbouring words of shared memory that an invocation loads at once">,
    Option<"busyInvocations", "busy-invocations", "int64_t", "16384", "invocations that keep the device busy">,
    Option<"exchanges", "exchanges", "bool", "false", "whether invocations of a subgroup take each other's values">,
    Option<"copiesAsync", "copies-async", "bool", "false", "whether invocations copy to shared memory and go on meanwhile">,
    ListOption<"multiplied", "multiplied", "std::string", "element types of which a subgroup multiplies matrices at once">,
    Option<"cooperates", "cooperates", "bool", "false", "whether these are cooperative matrices of subgroups of any size">,
    Option<"warpgroupBytes", "warpgroup-bytes", "int64_t", "0", "memory that a workgroup shares whose warpgroups multiply matrices in it, 0 if none do">];
  let statistics = [
    Statistic<"split", "split", "ops whose keys or inputs workgroups share">,
    Statistic<"spectra", "spectra", "filters whose spectra are in memory">];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def OutlineKernels : LathePass<"lathe-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "makes kernels for a device of nests, products of bytes, attention and frequency filters";
  let description = [{
    Each nest of an entry becomes a gpu.module of one kernel and a
    kernel.launch, and so do kernel.dot_product of bytes
    (`codegen/gpu/DotProductKernel.h`), kernel.attention (`AttentionKernel.h`)
    and kernel.frequency_filter (`FilterKernel.h`). How invocations share a
    nest, `planKernel` decides (`KernelPlan.h`); the function's `lathe.plan`
    shows it. What does the same to other memory shares a kernel. Where the host touches
    memory, a kernel.wait stands before, for what it reads, and a kernel.upload
    behind, of what it wrote. What the device lacks stays as it is, for the host.
    The options are the fields of `DeviceTarget`.
  }];
  let options = [
    Option<"workgroupSize", "workgroup-size", "int64_t", "128", "invocations of a workgroup">,
    Option<"sharedBytes", "shared-bytes", "int64_t", "16384", "memory that a workgroup shares">,
    Option<"accumulators", "accumulators", "int64_t", "32", "sums that an invocation has in registers">,
    Option<"sharedWords", "shared-words", "int64_t", "1", "neighbouring words of shared memory that an invocation loads at once">,
    Option<"busyInvocations", "busy-invocations", "int64_t", "16384", "invocations that keep the device busy">,
    Option<"exchanges", "exchanges", "bool", "false", "whether invocations of a subgroup take each other's values">,
    Option<"reducesSubgroups", "reduces-subgroups", "bool", "false", "whether subgroups combine their invocations' values at once">,
    Option<"copiesAsync", "copies-async", "bool", "false", "whether invocations copy to shared memory and go on meanwhile">,
    ListOption<"multiplied", "multiplied", "std::string", "element types of which a subgroup multiplies matrices at once">,
    Option<"cooperates", "cooperates", "bool", "false", "whether these are cooperative matrices of subgroups of any size">,
    Option<"warpgroupBytes", "warpgroup-bytes", "int64_t", "0", "memory that a workgroup shares whose warpgroups multiply matrices in it, 0 if none do">,
    ListOption<"lacks", "lacks", "std::string", "element types that the device has not">];
  let statistics = [
    Statistic<"outlined", "outlined", "ops that run on the device">,
    Statistic<"shared", "shared", "launches of another op's kernel">,
    Statistic<"host", "host", "ops that run on the host">];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::gpu::GPUDialect", "::mlir::lathe::kernel::KernelDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::nvgpu::NVGPUDialect",
    "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect",
    "::mlir::spirv::SPIRVDialect", "::mlir::vector::VectorDialect"];
}

def OutlineParallel : LathePass<"lathe-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "moves the bodies of parallel loops into functions";
  let description = [{
    Loops that do the same to other memory share one function. Memory that a
    body takes from the stack is taken once, before its iterations.
  }];
  let statistics = [Statistic<"shared", "shared", "loops that run another's function">];
}

//===----------------------------------------------------------------------===//
// Phase target
//===----------------------------------------------------------------------===//

def ApproximateMath : LathePass<"lathe-approximate-math", ""> {
  let summary = "expands elementary functions into polynomials, for vectors";
  let description = [{
    f32 exp, log, tanh, erf, sin and cos within a few units in the last place;
    what has no polynomial stays a call of the C library.
  }];
  let options = [Option<"fused", "fused", "bool", /*default=*/"true",
      "whether the target multiplies and adds in one instruction">];
}

def SerializeKernels : LathePass<"lathe-serialize-kernels", "::mlir::ModuleOp"> {
  let summary = "turns the kernels for a device into SPIR-V or PTX";
  let description = [{
    Each gpu.module becomes a kernel.binary. Those with NVVM's target are for
    CUDA devices, and their code is one gpu.binary of PTX; others have SPIR-V of
    their own and may use what Vulkan requires of all devices and the types of
    their buffers. Elementary functions are polynomials, as on processors, since
    drivers may be far less exact.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::lathe::kernel::KernelDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::spirv::SPIRVDialect"];
}

def GuardLoops : LathePass<"lathe-guard-loops", ""> {
  let summary = "runs loops that give something only if they have a step";
  let description = [{
    scf.for with results becomes scf.if of its bounds around it, but where it is
    known to have a step. For SPIR-V, where MLIR's lowering leaves undefined
    what a loop without a step gives.
  }];
}

def LowerExpandShapes : LathePass<"lathe-lower-expand-shapes", "::mlir::func::FuncOp"> {
  let summary = "computes the layout of views with several dynamic sizes";
  let description = [{
    memref.expand_shape of one dimension into two or more dynamic ones becomes a
    memref.reinterpret_cast with strides from its sizes: MLIR's own expansion
    computes one dynamic size from the others and fails on more.
  }];
}

def LowerKernelCalls : LathePass<"lathe-lower-kernel-calls", "::mlir::ModuleOp"> {
  let summary = "turns functions and runtime calls into LLVM's dialect";
}

#endif // LATHE_CODEGEN_PASSES_TD
