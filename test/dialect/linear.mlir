// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'linear' survives printing; the result types are the inferred ones.

// A batch of unknown size keeps its name.
// CHECK-LABEL: @with_bias(
// CHECK: lathe.linear %
// CHECK-SAME: -> tensor<?x10xf32, #lathe.dims<"batch", "">>
func.func @with_bias(%0: tensor<?x32xf32, #lathe.dims<"batch", "">>, %1: tensor<10x32xf32>, %2: tensor<10xf32>) {
  %r = lathe.linear %0, %1, %2
      : (tensor<?x32xf32, #lathe.dims<"batch", "">>, tensor<10x32xf32>, tensor<10xf32>) -> tensor<?x10xf32,
         #lathe.dims<"batch", "">>
  return
}

// All but the last dimension stay.
// CHECK-LABEL: @without_bias(
// CHECK: lathe.linear %
// CHECK-SAME: -> tensor<2x5x10xf32>
func.func @without_bias(%0: tensor<2x5x32xf32>, %1: tensor<10x32xf32>) {
  %r = lathe.linear %0, %1
      : (tensor<2x5x32xf32>, tensor<10x32xf32>) -> tensor<2x5x10xf32>
  return
}
