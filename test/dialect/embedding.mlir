// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'embedding' survives printing; the result types are the inferred ones.

// The shape of the numbers, then the features.
// CHECK-LABEL: @tokens(
// CHECK: lathe.embedding %
// CHECK-SAME: -> tensor<?x7x16xf32, #lathe.dims<"batch", "", "">>
func.func @tokens(%0: tensor<?x7xi32, #lathe.dims<"batch", "">>, %1: tensor<100x16xf32>) {
  %r = lathe.embedding %0, %1
      : (tensor<?x7xi32, #lathe.dims<"batch", "">>, tensor<100x16xf32>) -> tensor<?x7x16xf32,
         #lathe.dims<"batch", "", "">>
  return
}
