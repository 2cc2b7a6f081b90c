// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'rotary' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @later(
// CHECK: lathe.rotary %
// CHECK-SAME: past = "past"
// CHECK-SAME: -> tensor<1x?x16xf32, #lathe.dims<"", "tokens", "">>
func.func @later(%x: tensor<1x?x16xf32, #lathe.dims<"", "tokens", "">>) {
  %r = lathe.rotary %x {head_dim = 8, style = #lathe<rotary_style interleaved>, dims = 4, theta = 10000.0, past = "past"}
      : (tensor<1x?x16xf32, #lathe.dims<"", "tokens", "">>) -> tensor<1x?x16xf32, #lathe.dims<"", "tokens", "">>
  return
}

// CHECK-LABEL: @turn(
// CHECK: lathe.rotary_turn %{{.*}}, %{{.*}} {dims = 4 : i64, head_dim = 8 : i64, style = #lathe<rotary_style halves>}
// CHECK-SAME: -> tensor<1x3x16xf32>
func.func @turn(%x: tensor<1x3x16xf32>, %angles: tensor<2x3x1x2xf32>) {
  %r = lathe.rotary_turn %x, %angles {head_dim = 8, style = #lathe<rotary_style halves>, dims = 4}
      : (tensor<1x3x16xf32>, tensor<2x3x1x2xf32>) -> tensor<1x3x16xf32>
  return
}
