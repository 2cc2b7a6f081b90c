// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'focal_loss' survives printing; the result types are the inferred ones.

// Dense targets, a weight a query and a factor.
// CHECK-LABEL: @dense(
// CHECK: lathe.focal_loss %
// CHECK-SAME: -> tensor<1xbf16>
func.func @dense(%0: tensor<?x9x5xbf16, #lathe.dims<"batch", "", "">>, %1: tensor<?x9x5xi1, #lathe.dims<"batch", "", "">>, %2: tensor<?x9x1xf32, #lathe.dims<"batch", "", "">>, %3: tensor<1xf32>) {
  %r = lathe.focal_loss %0, %1, %2, %3
      {operandSegmentSizes = array<i32: 1, 1, 1, 1>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<?x9x5xbf16, #lathe.dims<"batch", "", "">>, tensor<?x9x5xi1, #lathe.dims<"batch", "", "">>, tensor<?x9x1xf32, #lathe.dims<"batch", "", "">>, tensor<1xf32>) -> tensor<1xbf16>
  return
}

// Classes as targets.
// CHECK-LABEL: @labels(
// CHECK: lathe.focal_loss %
// CHECK-SAME: -> tensor<?x5xf32, #lathe.dims<"batch", "">>
func.func @labels(%0: tensor<?x5xf32, #lathe.dims<"batch", "">>, %1: tensor<?xi32, #lathe.dims<"batch">>) {
  %r = lathe.focal_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction none>}
      : (tensor<?x5xf32, #lathe.dims<"batch", "">>, tensor<?xi32, #lathe.dims<"batch">>) -> tensor<?x5xf32, #lathe.dims<"batch", "">>
  return
}
