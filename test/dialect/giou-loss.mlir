// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'giou_loss' survives printing; the result types are the inferred ones.

// A loss a pair.
// CHECK-LABEL: @pairs(
// CHECK: lathe.giou_loss %
// CHECK-SAME: -> tensor<?x3xf32, #lathe.dims<"batch", "">>
func.func @pairs(%0: tensor<?x3x4xf32, #lathe.dims<"batch", "", "">>, %1: tensor<?x3x4xf32, #lathe.dims<"batch", "", "">>) {
  %r = lathe.giou_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction none>}
      : (tensor<?x3x4xf32, #lathe.dims<"batch", "", "">>, tensor<?x3x4xf32, #lathe.dims<"batch", "", "">>) -> tensor<?x3xf32, #lathe.dims<"batch", "">>
  return
}

// One pair, a weight and a factor.
// CHECK-LABEL: @one(
// CHECK: lathe.giou_loss %
// CHECK-SAME: -> tensor<1xf64>
func.func @one(%0: tensor<4xf64>, %1: tensor<4xf64>, %2: tensor<f64>, %3: tensor<f32>) {
  %r = lathe.giou_loss %0, %1, %2, %3
      {operandSegmentSizes = array<i32: 1, 1, 1, 1>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<4xf64>, tensor<4xf64>, tensor<f64>, tensor<f32>) -> tensor<1xf64>
  return
}
