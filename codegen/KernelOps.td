//===- KernelOps.td - Loop nests between linalg and loops -----*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The code generator's own small dialect: one op for a whole loop nest with
// its epilogue, and the ops that become calls of the runtime.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_KERNEL_OPS_TD
#define LATHE_KERNEL_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::mlir::lathe::kernel";
  let summary = "loop nests with epilogues, parallel loops and runtime calls";
}

class Kernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, traits>;

def Kernel_FinishOpInterface : OpInterface<"FinishOpInterface"> {
  let cppNamespace = "::mlir::lathe::kernel";
  let description = [{
    A kernel with one result that can apply elementwise arithmetic to it before
    it is stored: a bias, an activation, a residual. `finish` takes an element
    of each of the `extras`, which the maps from the result's indices name, and
    the f32 that the kernel computed, and yields what is stored. Without
    `finish` there are no extras, and the f32 is stored.
  }];
  let methods = [
    InterfaceMethod<"", "::mlir::Region &", "getFinish">,
    InterfaceMethod<"", "::mlir::OperandRange", "getExtras">,
    InterfaceMethod<"", "::mlir::MutableOperandRange", "getExtrasMutable">,
    InterfaceMethod<"", "::mlir::ArrayAttr", "getExtraMaps">,
    InterfaceMethod<"", "void", "setExtraMapsAttr", (ins "::mlir::ArrayAttr":$maps)>,
    InterfaceMethod<"", "::mlir::OpOperand &", "getInitOutputMutable">];
  let extraSharedClassDeclaration = [{
    ::mlir::AffineMap getExtraMap(unsigned extra) {
      return ::llvm::cast<::mlir::AffineMapAttr>($_op.getExtraMaps()[extra]).getValue();
    }
    /// The dimensions of the result.
    int64_t getFinishRank() {
      return ::llvm::cast<::mlir::ShapedType>($_op.getInitOutputMutable().get().getType()).getRank();
    }
  }];
}

def Kernel_RowsOpInterface : OpInterface<"RowsOpInterface"> {
  let cppNamespace = "::mlir::lathe::kernel";
  let description = [{
    A kernel whose result [N, H, ...] may be computed some rows at a time: the
    same op on views of its operands computes the rows of the view of the
    result. It has one result, and no memory but its operands.
  }];
  let methods = [
    InterfaceMethod<"How, or nothing where it has no images and rows.",
                    "::std::optional<::mlir::lathe::kernel::RowPlan>", "planRows">];
}

def Kernel_NestOp : Kernel_Op<"nest",
    [DestinationStyleOpInterface, DeclareOpInterfaceMethods<Kernel_RowsOpInterface>,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "a perfect loop nest: a reduction and what is done with its result";
  let description = [{
    Runs over the iteration space of `indexing_maps`, one map an input and one
    for the output. `reduce` folds the inputs into an accumulator that starts
    at `init`; `finish` turns the accumulator and the inputs that do not depend
    on a reduction into the element stored. Both regions take one scalar an
    input and then the accumulator. Without reductions `reduce` is empty and
    the accumulator is `init`.

    This is what lets a bias, a normalisation, an activation and a residual be
    applied while the accumulators of a product are still in registers: linalg
    has no op with a body for after the reduction.

    Constraints:
    - (C1) one map an input and one for the output, over as many dimensions as
      there are iterators.
    - (C2) the output's map is a permutation of the parallel dimensions.
    - (C3) the regions take one scalar an input and the accumulator.
  }];
  let arguments = (ins Variadic<AnyShaped>:$inputs, AnyShaped:$init_output,
                       AffineMapArrayAttr:$indexing_maps,
                       DenseBoolArrayAttr:$reductions, AnyAttr:$init);
  let results = (outs Variadic<AnyRankedTensor>:$result);
  let regions = (region MaxSizedRegion<1>:$reduce, SizedRegion<1>:$finish);
  let assemblyFormat = [{
    `ins` `(` ($inputs^ `:` type($inputs))? `)` `outs` `(` $init_output `:` type($init_output) `)`
    attr-dict `reduce` $reduce `finish` $finish (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() { return getInitOutputMutable(); }
    unsigned getNumDims() { return getReductions().size(); }
    bool hasReduction() { return llvm::is_contained(getReductions(), true); }
    AffineMap getMap(unsigned operand) {
      return llvm::cast<AffineMapAttr>(getIndexingMaps()[operand]).getValue();
    }
    AffineMap getOutputMap() { return getMap(getInputs().size()); }
    /// Extents of the iteration space: static ones, or kDynamic.
    SmallVector<int64_t> getStaticExtents();
  }];
}

def Kernel_YieldOp : Kernel_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "the value of a nest's region";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Kernel_IndexOp : Kernel_Op<"index", [Pure]> {
  let summary = "the present index of a dimension of the enclosing nest";
  let arguments = (ins I64Attr:$dim);
  let results = (outs Index:$result);
  let assemblyFormat = "$dim attr-dict";
}

def Kernel_ParallelOp : Kernel_Op<"parallel", [RecursiveMemoryEffects]> {
  let summary = "a loop whose iterations run on any thread";
  let description = [{
    Runs the body with every index in [0, count). At least `grain` iterations
    are handed to a thread at once.
  }];
  let arguments = (ins Index:$count, Index:$grain);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$count `grain` $grain attr-dict-with-keyword $body";
}

def Kernel_DispatchOp : Kernel_Op<"dispatch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "calls an outlined loop body through the runtime's parallel_for";
  let description = [{
    The callee takes (begin: index, end: index, captures...).
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, AnyType:$run, Index:$count,
                       Index:$grain, Variadic<AnyType>:$captures);
  let assemblyFormat = [{
    $callee `(` $captures `)` `over` $count `grain` $grain `in` $run attr-dict
    `:` type($run) `,` `(` type($captures) `)`
  }];
}

def Kernel_ThreadsOp : Kernel_Op<"threads", [Pure]> {
  let summary = "how many threads may run an entry's loops";
  let arguments = (ins AnyType:$run);
  let results = (outs Index:$result);
  let assemblyFormat = "`in` $run attr-dict `:` type($run)";
}

def Kernel_EventOp : Kernel_Op<"event", []> {
  let summary = "the begin or end of an op's code, for profiles";
  let description = [{
    In a loop, `again` says whether the code has run before in this call: its
    event is the next one then, to which no FLOPs are counted.
  }];
  let arguments = (ins I64Attr:$id, UnitAttr:$end, AnyType:$run, Optional<I1>:$again);
  let assemblyFormat = [{
    $id (`end` $end^)? `in` $run (`again` $again^)? attr-dict `:` type($run)
  }];
}

def Kernel_ReportIndexOp : Kernel_Op<"report_index", []> {
  let summary = "clamps an index into [0, bound) and reports one outside";
  let description = [{
    Becomes a compare and, out of line, a call of the runtime.
  }];
  let arguments = (ins Index:$index, Index:$bound);
  let results = (outs Index:$result);
  let assemblyFormat = "$index `below` $bound attr-dict";
}

def Kernel_CallOp : Kernel_Op<"call",
    [AttrSizedOperandSegments, DestinationStyleOpInterface,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "calls a function of the runtime on buffers";
  let description = [{
    Becomes a call of the C function `callee`, which runtime/abi.h declares as

        void callee(LatheContext *context, int64_t event,
                    const T *input..., U *output..., int64_t size...);

    Each operand arrives as a pointer to a dense row-major buffer: an input that
    lies otherwise is copied first. The function stores every element of its
    outputs and reads none before. Memory that it works in is an output whose
    result nobody uses; there may be one such, as two could become one buffer.

    Example:

        %v:2 = kernel.call @latheTopK ins(%x : tensor<?x8xf32>)
            outs(%a, %b : tensor<?x2xf32>, tensor<?x2xi64>) sizes(%n, %c8, %c2)
            -> tensor<?x2xf32>, tensor<?x2xi64>
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyShaped>:$inputs,
                       Variadic<AnyShaped>:$outputs, Variadic<Index>:$sizes);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $callee (`ins` `(` $inputs^ `:` type($inputs) `)`)?
    `outs` `(` $outputs `:` type($outputs) `)` (`sizes` `(` $sizes^ `)`)?
    attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
  }];
}

def Kernel_AttentionOp : Kernel_Op<"attention",
    [AttrSizedOperandSegments, DestinationStyleOpInterface,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "attention in one pass over the keys";
  let description = [{
    y_h = softmax(scale · q_h k_gᵀ + bias_h) v_g with g = ⌊h · kv_heads / heads⌋,
    for query [N, T, heads · d], key [N, S, kv_heads · d], value
    [N, S, kv_heads · e] and a bias [N, heads, T, S], of which sizes of 1
    stretch. If `causal`, query t sees the keys s ≤ t + S − T.

    The code walks over blocks of keys and holds, of each query, the maximum m
    of its scores so far, the sum l of their exponentials, and the weighted sum
    of values; a greater maximum scales both sums by exp(m_old − m_new). So the
    [T, S] scores never exist, and keys that no query of a tile sees are not
    read (Milakov and Gimelshein, Online normalizer calculation for softmax,
    2018; Dao et al., FlashAttention, 2022). All arithmetic is f32.

    A device that few queries would leave idle computes m, l and the sum for
    parts of the keys, into `init_partial`, memory that the op works in, and
    combines them.

    Constraints:
    - (C1) query, key, value and output have rank 3, the bias rank 4; all are
      floats of at most 32 bits.
    - (C2) kv_heads divides heads, heads the query's features and the output's,
      kv_heads those of key and value; these are static.
    - (C3) memory for parts is of f32 and rank 1.
  }];
  let arguments = (ins AnyShaped:$query, AnyShaped:$key, AnyShaped:$value,
                       Optional<AnyShaped>:$bias, AnyShaped:$init_output,
                       Optional<AnyShaped>:$init_partial, I64Attr:$heads,
                       I64Attr:$kv_heads, UnitAttr:$causal, F64Attr:$scale);
  let results = (outs Variadic<AnyRankedTensor>:$result);
  let assemblyFormat = [{
    `ins` `(` $query `,` $key `,` $value `:` type($query) `,` type($key) `,` type($value) `)`
    (`bias` `(` $bias^ `:` type($bias) `)`)? `outs` `(` $init_output `:` type($init_output) `)`
    (`partial` `(` $init_partial^ `:` type($init_partial) `)`)? attr-dict (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() {
      unsigned first = getInitOutputMutable().getOperandNumber();
      return MutableOperandRange(*this, first, getNumOperands() - first);
    }
    /// Features of a head of query and key, and of value.
    int64_t getKeyWidth();
    int64_t getValueWidth();
  }];
}

def Kernel_FrequencyFilterOp : Kernel_Op<"frequency_filter",
    [DestinationStyleOpInterface,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "an adaptive frequency filter, block of channels by block";
  let description = [{
    `frequency_filter` of the model's dialect on images [N, H, W, C] of f32: the
    weights are [2, k, C/k, C/k], the biases [2, k, C/k], real parts first.
    `hidden` is applied to both parts of W₁ X + b₁, `mask` to those of
    W₂ Z + b₂.

    A task transforms the channels of a few blocks, filters the spectrum in
    place, a few frequencies at a time, and transforms it back. The spectrum is
    on the stack of the task's thread, so that no tensor of spectra exists, or,
    if it is too large for that, a task's part of `init_spectrum`, memory that
    the op works in.

    How each length is transformed, `planFourier` decides (`codegen/Fourier.h`).

    Constraints:
    - (C1) input and output are [N, H, W, C] with static H, W and C; all is f32.
    - (C2) the weights are [2, k, C/k, C/k] and the biases [2, k, C/k].
    - (C3) both regions take and yield one f32.
    - (C4) spectra in memory are [N, S] with S as `countSpectra` tells it, or,
      for devices, 2 H (W/2+1) C.
  }];
  let arguments = (ins AnyShaped:$input, AnyShaped:$w1, AnyShaped:$b1,
                       AnyShaped:$w2, AnyShaped:$b2, AnyShaped:$init_output,
                       Optional<AnyShaped>:$init_spectrum);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$hidden, SizedRegion<1>:$mask);
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `weights` `(` $w1 `,` $b1 `,` $w2 `,` $b2 `:` type($w1) `,` type($b1) `,` type($w2) `,` type($b2) `)`
    `outs` `(` $init_output `:` type($init_output) `)`
    (`spectrum` `(` $init_spectrum^ `:` type($init_spectrum) `)`)? attr-dict
    `hidden` $hidden `mask` $mask (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() {
      unsigned first = getInitOutputMutable().getOperandNumber();
      return MutableOperandRange(*this, first, getNumOperands() - first);
    }
    int64_t getBlocks() {
      return llvm::cast<ShapedType>(getW1().getType()).getDimSize(1);
    }
    /// The blocks of channels of a task, for images [N, H, W, C] and vectors of
    /// `lanes`: as few as fill vectors to seven eighths, or what fills them best
    /// and fits in a stack.
    static int64_t countTaskBlocks(ArrayRef<int64_t> image, int64_t blocks,
                                   int64_t lanes);
    /// The bytes of a spectrum of some channels.
    static int64_t countSpectrumBytes(int64_t height, int64_t width,
                                      int64_t channels) {
      return height * (width / 2 + 1) * channels * 8;
    }
    /// The floats of the spectra of an image's tasks if they have to be in
    /// memory, for vectors of any width; 0 if each fits in a stack.
    static int64_t countSpectra(ArrayRef<int64_t> image, int64_t blocks);
  }];
}

def Kernel_DotProductOp : Kernel_Op<"dot_product",
    [AttrSizedOperandSegments, DestinationStyleOpInterface, Kernel_FinishOpInterface,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "a product of numbers of 8 or 16 bits, of which an instruction sums a few products a lane";
  let description = [{
    Rows q [M, K] by weights u in panels of C columns:

        y[m, n] = finish(Σ_k q[m, k] u[n, k], extras)

    Both are bf16 and sums f32, or signed bytes.
    Codes u are [⌈N/C⌉, K/e, e C], e = 2 numbers of bf16 or 4 bytes: so many
    neighbours k of a column, then the next column.

    Bytes are summed as integers, in groups g of L = K / G neighbours of a row:

        Σ_g t[m, g] (s[n, g] (Σ_{k in g} q[m, k] u[n, k] − shift Σ_{k in g} q[m, k])
                     + o[n, g] Σ_{k in g} q[m, k])

    with `steps` t [M, G] and `sums` Σ q [M, G], scales s (f32 or bf16) and
    offsets o (0 where there are none) [⌈N/C⌉, G, C]. With `packed` u are unsigned numbers of 4 bits
    [⌈N/C⌉, K/8, 4 C]: byte j of eight neighbours holds the one of k = j and,
    times 16, that of k = 4 + j. Integers do not round, so that a group's sum has
    one value in any order.

    `finish` takes an element of each of the `extras`, which the maps from (m, n)
    name, and the sum, and yields the element stored: a bias, an activation, a
    residual. Without it the sum is stored.

    A device that few rows would leave idle sums up parts of the groups, into
    `init_partial`, memory that the op works in, and adds these up.

    Constraints:
    - (C1) all sizes are static but M.
    - (C2) e divides K; L is a multiple of 4, and of 8 with `packed`, without
      which there is no shift.
    - (C3) operands have the shapes and types above; bytes have steps, sums and
      scales, bf16 has none of them.
    - (C4) a map an extra, onto some of (m, n) in their order, and `finish` takes
      one scalar an extra and the sum. Without `finish` there are no extras.
    - (C5) memory for parts is of f32 and rank 1, and for bytes.
  }];
  let arguments = (ins AnyShaped:$rows, Optional<AnyShaped>:$steps,
                       Optional<AnyShaped>:$sums, AnyShaped:$codes,
                       Optional<AnyShaped>:$scales, Optional<AnyShaped>:$offsets,
                       Variadic<AnyShaped>:$extras, AnyShaped:$init_output,
                       Optional<AnyShaped>:$init_partial,
                       DefaultValuedAttr<AffineMapArrayAttr, "{}">:$extra_maps,
                       DefaultValuedAttr<I64Attr, "0">:$shift, UnitAttr:$packed);
  let results = (outs Variadic<AnyRankedTensor>:$result);
  let regions = (region MaxSizedRegion<1>:$finish);
  let assemblyFormat = [{
    `rows` `(` $rows `:` type($rows) `)` `weights` `(` $codes `:` type($codes) `)`
    (`groups` `(` $steps^ `,` $sums `,` $scales `:` type($steps) `,` type($sums) `,` type($scales) `)`)?
    (`offsets` `(` $offsets^ `:` type($offsets) `)`)?
    (`extras` `(` $extras^ `:` type($extras) `)`)?
    `outs` `(` $init_output `:` type($init_output) `)`
    (`partial` `(` $init_partial^ `:` type($init_partial) `)`)? attr-dict
    (`finish` $finish^)? (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() {
      unsigned first = getInitOutputMutable().getOperandNumber();
      return MutableOperandRange(*this, first, getNumOperands() - first);
    }
    ShapedType getRowsType() {
      return llvm::cast<ShapedType>(getRows().getType());
    }
    ShapedType getCodesType() {
      return llvm::cast<ShapedType>(getCodes().getType());
    }
    /// Whether bytes are summed as integers.
    bool isInteger() { return getRowsType().getElementType().isInteger(); }
    /// Numbers that an instruction sums in each lane.
    int64_t getDotLength() { return isInteger() ? 4 : 2; }
    /// Panels, columns of a panel, and groups of a row.
    int64_t getPanels() { return getCodesType().getDimSize(0); }
    int64_t getPanelColumns() {
      return getCodesType().getDimSize(2) / getDotLength();
    }
    int64_t getGroups() {
      return llvm::cast<ShapedType>(getScales().getType()).getDimSize(1);
    }
    /// Neighbours of a row that a lane of codes stands for.
    int64_t getUnit() { return getPacked() ? 8 : getDotLength(); }

  private:
    LogicalResult verifyGroups();
    LogicalResult verifyOperand(Value value, ArrayRef<int64_t> shape,
                                      Type element);

  public:
  }];
}

def Kernel_WinogradOp : Kernel_Op<"winograd",
    [DestinationStyleOpInterface, Kernel_FinishOpInterface,
     DeclareOpInterfaceMethods<Kernel_RowsOpInterface>,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "a 3x3 convolution with fewer multiplications";
  let description = [{
    The convolution of an image [N, H', W', C] by filters of 3x3 taps, without
    stride or dilation, as [N, H, W, F], all f32. Tiles of m x m pixels of the
    result are computed at (m + 2)² points: of the data there, Bᵀ d B, and of
    the filters, G g Gᵀ, each point is a product over channels of its own
    (codegen/Winograd.h). So that tiles are whole, H' and W' are the next
    multiples of m to H and W, and 2.

    The filters are transformed already, in panels of P columns:
    [⌈F/P⌉, (m+2)², C, P], points row by row. A dynamic C of the image or F of
    the result, as in slimmable layers, means the first of those in the filters.

    Constraints:
    - (C1) operands have the shapes above, static but for N, C and F of images,
      and in buffers for H' and H, and (m+2)² is 16 or 36.
    - (C2) a map an extra, onto some of the result's dimensions in their order,
      and `finish` takes one scalar an extra and the sum.
  }];
  let arguments = (ins AnyShaped:$image, AnyShaped:$filters,
                       Variadic<AnyShaped>:$extras, AnyShaped:$init_output,
                       DefaultValuedAttr<AffineMapArrayAttr, "{}">:$extra_maps);
  let results = (outs Variadic<AnyRankedTensor>:$result);
  let regions = (region MaxSizedRegion<1>:$finish);
  let assemblyFormat = [{
    `ins` `(` $image `:` type($image) `)` `filters` `(` $filters `:` type($filters) `)`
    (`extras` `(` $extras^ `:` type($extras) `)`)?
    `outs` `(` $init_output `:` type($init_output) `)` attr-dict
    (`finish` $finish^)? (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() { return getInitOutputMutable(); }
    ShapedType getImageType() {
      return llvm::cast<ShapedType>(getImage().getType());
    }
    ShapedType getFiltersType() {
      return llvm::cast<ShapedType>(getFilters().getType());
    }
    ShapedType getOutputType() {
      return llvm::cast<ShapedType>(getInitOutput().getType());
    }
    /// m, 2 or 4.
    int64_t getTileSide() { return getFiltersType().getDimSize(1) == 16 ? 2 : 4; }
  }];
}

def Kernel_BoundedOp : Kernel_Op<"bounded", [Pure, SameOperandsAndResultType]> {
  let summary = "a size that is known never to exceed a number";
  let description = [{
    The value itself. Planning memory reads the bound, which no arithmetic on
    the parts of the size would give: `past + tokens` stays within 4096 because
    the runtime accepts no `past` beyond `4096 - tokens`.
  }];
  let arguments = (ins Index:$size, I64Attr:$bound);
  let results = (outs Index:$result);
  let assemblyFormat = "$size `max` $bound attr-dict";
}

def Kernel_WriteBackOp : Kernel_Op<"write_back", []> {
  let summary = "stores a tensor in a buffer that may be the tensor's own";
  let description = [{
    Becomes a copy, or nothing where the tensor was computed in the buffer. It
    stands behind everything that reads the buffer's old contents, and so makes
    no promise that nothing else does, as
    `bufferization.materialize_in_destination` would.
  }];
  let arguments = (ins AnyShaped:$source, AnyMemRef:$buffer);
  let assemblyFormat = [{
    $source `in` $buffer attr-dict `:` type($source) `,` type($buffer)
  }];
}

include "codegen/gpu/DeviceOps.td"
include "codegen/gpu/MatrixOps.td"

#endif // LATHE_KERNEL_OPS_TD
