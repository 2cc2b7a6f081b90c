// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'argmax' survives printing; the result types are the inferred ones.

// The result is i64.
// CHECK-LABEL: @classes(
// CHECK: lathe.argmax %
// CHECK-SAME: -> tensor<?xi64, #lathe.dims<"batch">>
func.func @classes(%0: tensor<?x10xf32, #lathe.dims<"batch", "">>) {
  %r = lathe.argmax %0 {axis = -1 : i64, keepdims = false}
      : (tensor<?x10xf32, #lathe.dims<"batch", "">>) -> tensor<?xi64, #lathe.dims<"batch">>
  return
}

// CHECK-LABEL: @kept(
// CHECK: lathe.argmax %
// CHECK-SAME: -> tensor<1x3xi64>
func.func @kept(%0: tensor<4x3xi8>) {
  %r = lathe.argmax %0 {axis = 0 : i64, keepdims = true}
      : (tensor<4x3xi8>) -> tensor<1x3xi64>
  return
}
