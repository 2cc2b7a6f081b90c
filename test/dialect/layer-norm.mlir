// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'layer_norm' survives printing; the result types are the inferred ones.

// Scale and shift over the last dimension.
// CHECK-LABEL: @affine(
// CHECK: lathe.layer_norm %
// CHECK-SAME: -> tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>
func.func @affine(%0: tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>, %1: tensor<8xf32>, %2: tensor<8xf32>) {
  %r = lathe.layer_norm %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1>, dims = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x5x8xf32,
         #lathe.dims<"batch", "", "">>
  return
}

// Over channels, height and width.
// CHECK-LABEL: @image(
// CHECK: lathe.layer_norm %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @image(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<8x6x6xf32>, %2:
    tensor<8x6x6xf32>) {
  %r = lathe.layer_norm %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1>, dims = 3 : i64, eps = 1.000000e-05 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<8x6x6xf32>, tensor<8x6x6xf32>) ->
         tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// Without scale and shift.
// CHECK-LABEL: @plain(
// CHECK: lathe.layer_norm %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @plain(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.layer_norm %0
      {operandSegmentSizes = array<i32: 1, 0, 0>, dims = 2 : i64, eps = 1.000000e-05 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}
