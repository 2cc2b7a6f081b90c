// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'reduce' survives printing; the result types are the inferred ones.

// Height and width disappear.
// CHECK-LABEL: @pool(
// CHECK: lathe.reduce %
// CHECK-SAME: -> tensor<?x8xf32, #lathe.dims<"batch", "">>
func.func @pool(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.reduce %0
      {kind = #lathe<reduce_kind mean>, axes = array<i64: -2, -1>, keepdims = false}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8xf32, #lathe.dims<"batch", "">>
  return
}

// They stay with size 1.
// CHECK-LABEL: @kept(
// CHECK: lathe.reduce %
// CHECK-SAME: -> tensor<?x1x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @kept(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.reduce %0 {kind = #lathe<reduce_kind sum>, axes = array<i64: 1>, keepdims = true}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x1x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}

// CHECK-LABEL: @integers(
// CHECK: lathe.reduce %
// CHECK-SAME: -> tensor<i8>
func.func @integers(%0: tensor<4xi8>) {
  %r = lathe.reduce %0 {kind = #lathe<reduce_kind max>, axes = array<i64: 0>, keepdims = false}
      : (tensor<4xi8>) -> tensor<i8>
  return
}
