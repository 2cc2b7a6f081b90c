// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'overlap_bias' survives printing; the result types are the inferred ones. One table a head.

// CHECK-LABEL: @main(
// CHECK: lathe.overlap_bias %
// CHECK-SAME: -> tensor<?x8x5x5xf32, #lathe.dims<"batch", "", "", "">>
func.func @main(%0: tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>, %1: tensor<8xf32>) {
  %r = lathe.overlap_bias %0, %1 {eps = 1.0e-7 : f64}
      : (tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>, tensor<8xf32>) -> tensor<?x8x5x5xf32, #lathe.dims<"batch", "", "", "">>
  return
}
