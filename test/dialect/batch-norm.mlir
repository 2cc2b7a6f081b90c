// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'batch_norm' survives printing; the result types are the inferred ones.

// Channels are the second dimension.
// CHECK-LABEL: @image(
// CHECK: lathe.batch_norm %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @image(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<8xf32>, %2: tensor<8xf32>, %3:
    tensor<8xf32>, %4: tensor<8xf32>) {
  %r = lathe.batch_norm %0, %1, %2, %3, %4 {eps = 1.000000e-05 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>,
         tensor<8xf32>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// Of two dimensions too.
// CHECK-LABEL: @features(
// CHECK: lathe.batch_norm %
// CHECK-SAME: -> tensor<4x8xf32>
func.func @features(%0: tensor<4x8xf32>, %1: tensor<8xf32>, %2: tensor<8xf32>, %3: tensor<8xf32>, %4: tensor<8xf32>) {
  %r = lathe.batch_norm %0, %1, %2, %3, %4 {eps = 1.000000e-05 : f64}
      : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return
}
