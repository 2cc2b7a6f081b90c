// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'rms_norm' survives printing; the result types are the inferred ones.

// Over the last dimension.
// CHECK-LABEL: @tokens(
// CHECK: lathe.rms_norm %
// CHECK-SAME: -> tensor<?x8xf32, #lathe.dims<"batch*tokens", "">>
func.func @tokens(%0: tensor<?x8xf32, #lathe.dims<"batch*tokens", "">>, %1: tensor<8xf32>) {
  %r = lathe.rms_norm %0, %1 {eps = 1.000000e-05 : f64}
      : (tensor<?x8xf32, #lathe.dims<"batch*tokens", "">>, tensor<8xf32>) -> tensor<?x8xf32,
         #lathe.dims<"batch*tokens", "">>
  return
}

// Without a scale.
// CHECK-LABEL: @plain(
// CHECK: lathe.rms_norm %{{[^,]*}} {eps
func.func @plain(%0: tensor<4x8xf32>) {
  %r = lathe.rms_norm %0 {eps = 1.000000e-05 : f64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}
