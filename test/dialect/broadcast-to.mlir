// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'broadcast_to' survives printing; the result types are the inferred ones.

// A dimension is added, one stretched, one kept.
// CHECK-LABEL: @batch(
// CHECK: lathe.broadcast_to %
// CHECK-SAME: -> tensor<?x8x6xf32, #lathe.dims<"batch", "", "">>
func.func @batch(%0: tensor<1x6xf32>) {
  %r = lathe.broadcast_to %0 {shape = ["batch", 8, -1]}
      : (tensor<1x6xf32>) -> tensor<?x8x6xf32, #lathe.dims<"batch", "", "">>
  return
}
