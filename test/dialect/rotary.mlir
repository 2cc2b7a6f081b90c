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
