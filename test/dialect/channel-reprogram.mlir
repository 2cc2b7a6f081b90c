// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'channel_reprogram' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @task(
// CHECK: lathe.channel_reprogram %
// CHECK-SAME: -> tensor<?x2x5x5xf32, #lathe.dims<"batch", "", "", "">>
func.func @task(%x: tensor<?x2x5x5xf32, #lathe.dims<"batch", "", "", "">>, %t: tensor<i64>, %w: tensor<3x2x1x3x3xf32>) {
  %r = lathe.channel_reprogram %x, %t, %w {operandSegmentSizes = array<i32: 1, 1, 1, 0>}
      : (tensor<?x2x5x5xf32, #lathe.dims<"batch", "", "", "">>, tensor<i64>, tensor<3x2x1x3x3xf32>)
      -> tensor<?x2x5x5xf32, #lathe.dims<"batch", "", "", "">>
  return
}
