// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'compare' survives printing; the result types are the inferred ones.

// Truth values of the common shape.
// CHECK-LABEL: @broadcast(
// CHECK: lathe.compare %
// CHECK-SAME: -> tensor<?x8x6x6xi1, #lathe.dims<"batch", "", "", "">>
func.func @broadcast(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<8x1x1xf32>) {
  %r = lathe.compare %0, %1 {kind = #lathe<compare_kind lt>}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<8x1x1xf32>) -> tensor<?x8x6x6xi1,
         #lathe.dims<"batch", "", "", "">>
  return
}

// CHECK-LABEL: @number(
// CHECK: lathe.compare %
// CHECK-SAME: -> tensor<3xi1>
func.func @number(%0: tensor<3xi8>) {
  %r = lathe.compare %0 {kind = #lathe<compare_kind ge>, value = 0.000000e+00 : f64}
      : (tensor<3xi8>) -> tensor<3xi1>
  return
}
