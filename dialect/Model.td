//===- Model.td - Weights, state and the model around them ----*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MODEL_TD
#define LATHE_MODEL_TD

include "dialect/Kinds.td"

def Lathe_WeightOp : Op<Lathe_Dialect, "weight", [Symbol]> {
  let summary = "a tensor of the checkpoint, declared";
  let description = [{
    Declares a parameter by its full name. Its bytes stay in the checkpoint.
    `source` is its name there when a `rename` table gives another; `init` says
    how `lathe init` fills it. Small tensors that decide structure, such as
    masks, are the exception: passes that fold them read `values`.

    ```mlir
    lathe.weight @"stem.weight" : tensor<16x3x3x3xf32> {init = "fan_in"}
    ```

    Constraints:
    - (C1) the type is static.
    - (C2) the values, if any, are of the type.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Lathe_Tensor>:$type,
                       OptionalAttr<StrAttr>:$source, OptionalAttr<StrAttr>:$init,
                       OptionalAttr<ElementsAttr>:$values);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    /// The tensor's name in the checkpoint.
    ::llvm::StringRef getCheckpointName() {
      return getSource().value_or(getSymName());
    }
  }];
}

def Lathe_ParameterOp
    : Op<Lathe_Dialect, "parameter",
         [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a weight as a value";
  let description = [{
    Constraints:
    - (C1) the symbol names a `lathe.weight` of the result's type.
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = "$weight attr-dict `:` type($result)";
}

def Lathe_ChooseOp : Op<Lathe_Dialect, "choose", [Pure, InferTypeOpAdaptor]> {
  let summary = "one of several parameters, chosen by an input";
  let description = [{
    What a step with the key `per` reads instead of a parameter of its own: the
    option of number `index`. With `stacked`, the one option holds them all
    along a first axis. Nothing is copied. A number outside takes its nearest
    end, and the run returns an error that names the step.

    ```mlir
    %w = lathe.choose %task of %w0, %w1 : (tensor<i32>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
    ```

    Constraints:
    - (C1) the index is a scalar.
    - (C2) there is an option, and all have one type.
    - (C3) what is stacked is one option of at least rank 1.
  }];
  let arguments = (ins Lathe_IntegerTensor:$index, Variadic<Lathe_Tensor>:$options,
                       UnitAttr:$stacked);
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = [{
    $index `of` $options attr-dict `:` functional-type(operands, results)
  }];
}

def Lathe_StateOp : Op<Lathe_Dialect, "state", [Symbol]> {
  let summary = "a buffer that lives across calls, declared";
  let description = [{
    Zero when an instance is made. Dynamic dimensions are laid out at their
    bounds. Code for one size of a dimension sees the state with that size.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Lathe_Tensor>:$type);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let extraClassDeclaration = [{
    /// Whether a tensor of `type` can be what the state holds: each size is the
    /// state's, or a number within the bounds of the state's.
    bool canHold(::mlir::RankedTensorType type);
  }];
}

def Lathe_ReadStateOp
    : Op<Lathe_Dialect, "read_state",
         [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the present contents of a state buffer";
  let description = [{
    Constraints:
    - (C1) the symbol names a `lathe.state` of the result's type.
  }];
  let arguments = (ins FlatSymbolRefAttr:$state);
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = "$state attr-dict `:` type($result)";
}

def Lathe_WriteStateOp
    : Op<Lathe_Dialect, "write_state",
         [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "replaces the contents of a state buffer";
  let description = [{
    Constraints:
    - (C1) the symbol names a `lathe.state` of the value's type.
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, Lathe_Tensor:$value);
  let assemblyFormat = "$value `to` $state attr-dict `:` type($value)";
}

#endif // LATHE_MODEL_TD
