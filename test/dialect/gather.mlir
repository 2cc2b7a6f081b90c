// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'gather' survives printing; the result types are the inferred ones.

// The dimensions of the indices take the place of the axis.
// CHECK-LABEL: @rows(
// CHECK: lathe.gather %
// CHECK-SAME: -> tensor<?x3x2x6x6xf32, #lathe.dims<"batch", "", "", "", "">>
func.func @rows(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<3x2xi64>) {
  %r = lathe.gather %0, %1 {axis = 1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<3x2xi64>) -> tensor<?x3x2x6x6xf32,
         #lathe.dims<"batch", "", "", "", "">>
  return
}
