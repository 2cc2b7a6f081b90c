// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'l1_loss' survives printing; the result types are the inferred ones.

// A weight a box.
// CHECK-LABEL: @weighted(
// CHECK: lathe.l1_loss %
// CHECK-SAME: -> tensor<?x4xf32, #lathe.dims<"batch", "">>
func.func @weighted(%0: tensor<?x4xf32, #lathe.dims<"batch", "">>, %1: tensor<?x4xf32, #lathe.dims<"batch", "">>, %2: tensor<?x1xf32, #lathe.dims<"batch", "">>) {
  %r = lathe.l1_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1, 0>, beta = 1.0 : f64, reduction = #lathe<loss_reduction none>}
      : (tensor<?x4xf32, #lathe.dims<"batch", "">>, tensor<?x4xf32, #lathe.dims<"batch", "">>, tensor<?x1xf32, #lathe.dims<"batch", "">>) -> tensor<?x4xf32, #lathe.dims<"batch", "">>
  return
}

// A factor without a weight.
// CHECK-LABEL: @factor(
// CHECK: lathe.l1_loss %
// CHECK-SAME: -> tensor<1xf16>
func.func @factor(%0: tensor<3x4xf16>, %1: tensor<3x4xf16>, %2: tensor<f32>) {
  %r = lathe.l1_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 0, 1>, beta = 0.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<3x4xf16>, tensor<3x4xf16>, tensor<f32>) -> tensor<1xf16>
  return
}
