// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'group_norm' survives printing; the result types are the inferred ones.

// Two groups of four channels.
// CHECK-LABEL: @affine(
// CHECK: lathe.group_norm %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @affine(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<8xf32>, %2: tensor<8xf32>) {
  %r = lathe.group_norm %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1>, groups = 2 : i64, eps = 1.000000e-05 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<8xf32>, tensor<8xf32>) ->
         tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// Each channel alone.
// CHECK-LABEL: @instance(
// CHECK: lathe.group_norm %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @instance(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.group_norm %0
      {operandSegmentSizes = array<i32: 1, 0, 0>, groups = 8 : i64, eps = 1.000000e-05 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}
