// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'softmax' survives printing; the result types are the inferred ones.

// The last dimension.
// CHECK-LABEL: @last(
// CHECK: lathe.softmax %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @last(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.softmax %0 {axis = -1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}
