// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'cross_entropy' survives printing; the result types are the inferred ones.

// A mean is one number.
// CHECK-LABEL: @mean(
// CHECK: lathe.cross_entropy %
// CHECK-SAME: -> tensor<1xf32>
func.func @mean(%0: tensor<?x5xf32, #lathe.dims<"batch", "">>, %1: tensor<?xi32, #lathe.dims<"batch">>) {
  %r = lathe.cross_entropy %0, %1
      {axis = -1 : i64, reduction = #lathe<loss_reduction mean>, ignore_index = -100 : i64, label_smoothing = 0.0 : f64}
      : (tensor<?x5xf32, #lathe.dims<"batch", "">>, tensor<?xi32, #lathe.dims<"batch">>) -> tensor<1xf32>
  return
}

// Losses have the shape of the targets.
// CHECK-LABEL: @pixels(
// CHECK: lathe.cross_entropy %
// CHECK-SAME: -> tensor<?x7x7xf16, #lathe.dims<"batch", "", "">>
func.func @pixels(%0: tensor<?x5x7x7xf16, #lathe.dims<"batch", "", "", "">>, %1: tensor<?x7x7xui8, #lathe.dims<"batch", "", "">>) {
  %r = lathe.cross_entropy %0, %1
      {axis = 1 : i64, reduction = #lathe<loss_reduction none>, label_smoothing = 0.1 : f64}
      : (tensor<?x5x7x7xf16, #lathe.dims<"batch", "", "", "">>, tensor<?x7x7xui8, #lathe.dims<"batch", "", "">>) -> tensor<?x7x7xf16, #lathe.dims<"batch", "", "">>
  return
}
