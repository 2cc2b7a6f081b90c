//===- MatrixOps.td - Matrices that subgroups have together ---*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of the kernel dialect (codegen/KernelOps.td, which includes this).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MATRIX_OPS_TD
#define LATHE_MATRIX_OPS_TD

def Kernel_LoadMatrixOp : Kernel_Op<"load_matrix", []> {
  let summary = "loads a subgroup's cooperative matrix from an array";
  let description = [{
    Element (i, j) is the one at `place` + i · `pitch` + j, or, of a `transposed`
    one, at `place` + j · `pitch` + i. All invocations of a subgroup get there,
    with the same place, or none. Of a matrix of bf16 the array has the words of
    16 bits.

    Example:

        %m = kernel.load_matrix %x[%i] pitch 40 : memref<640xf16>
            -> !spirv.coopmatrix<16x16xf16, Subgroup, MatrixA>
  }];
  let arguments = (ins AnyMemRef:$array, Index:$place, I64Attr:$pitch,
                       UnitAttr:$transposed);
  let results = (outs AnyType:$matrix);
  let assemblyFormat = [{
    $array `[` $place `]` `pitch` $pitch (`transposed` $transposed^)? attr-dict
    `:` type($array) `->` type($matrix)
  }];
}

def Kernel_StoreMatrixOp : Kernel_Op<"store_matrix", []> {
  let summary = "stores a subgroup's cooperative matrix to an array";
  let description = [{
    The inverse of kernel.load_matrix.

    Example:

        kernel.store_matrix %m, %y[%i] pitch 16
            : !spirv.coopmatrix<16x16xf32, Subgroup, MatrixAcc>, memref<256xf32>
  }];
  let arguments = (ins AnyType:$matrix, AnyMemRef:$array, Index:$place,
                       I64Attr:$pitch);
  let assemblyFormat = [{
    $matrix `,` $array `[` $place `]` `pitch` $pitch attr-dict
    `:` type($matrix) `,` type($array)
  }];
}

#endif // LATHE_MATRIX_OPS_TD
