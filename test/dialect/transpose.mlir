// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'transpose' survives printing; the result types are the inferred ones.

// Names move along.
// CHECK-LABEL: @last(
// CHECK: lathe.transpose %
// CHECK-SAME: -> tensor<8x6x6x?xf32, #lathe.dims<"", "", "", "batch">>
func.func @last(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.transpose %0 {permutation = array<i64: 1, 2, 3, 0>}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<8x6x6x?xf32, #lathe.dims<"", "", "",
         "batch">>
  return
}
