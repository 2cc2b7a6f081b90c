// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'slice' survives printing; the result types are the inferred ones.

// Places from the end, every other.
// CHECK-LABEL: @middle(
// CHECK: lathe.slice %
// CHECK-SAME: -> tensor<?x3x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @middle(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.slice %0 {axis = 1 : i64, start = 1 : i64, end = -1 : i64, step = 2 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x3x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}

// The end of a dynamic dimension.
// CHECK-LABEL: @rest(
// CHECK: lathe.slice %
// CHECK-SAME: -> tensor<?x8xf32, #lathe.dims<"tokens - 2", "">>
func.func @rest(%0: tensor<?x8xf32, #lathe.dims<"tokens", "">>) {
  %r = lathe.slice %0 {axis = 0 : i64, start = 2 : i64, step = 1 : i64}
      : (tensor<?x8xf32, #lathe.dims<"tokens", "">>) -> tensor<?x8xf32, #lathe.dims<"tokens - 2", "">>
  return
}

// Its last place.
// CHECK-LABEL: @last(
// CHECK: lathe.slice %
// CHECK-SAME: -> tensor<1x8xf32>
func.func @last(%0: tensor<?x8xf32, #lathe.dims<"tokens", "">>) {
  %r = lathe.slice %0 {axis = 0 : i64, start = -1 : i64, step = 1 : i64}
      : (tensor<?x8xf32, #lathe.dims<"tokens", "">>) -> tensor<1x8xf32>
  return
}
