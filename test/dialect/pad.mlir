// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'pad' survives printing; the result types are the inferred ones.

// Sizes grow.
// CHECK-LABEL: @image(
// CHECK: lathe.pad %
// CHECK-SAME: -> tensor<?x8x10x12xf32, #lathe.dims<"batch", "", "", "">>
func.func @image(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.pad %0
      {low = array<i64: 0, 0, 1, 2>, high = array<i64: 0, 0, 3, 4>, mode = #lathe<padding_mode reflect>, value =
       0.000000e+00 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x10x12xf32, #lathe.dims<"batch",
         "", "", "">>
  return
}

// Symbolic ones too.
// CHECK-LABEL: @token(
// CHECK: lathe.pad %
// CHECK-SAME: -> tensor<?x8xf32, #lathe.dims<"tokens + 1", "">>
func.func @token(%0: tensor<?x8xf32, #lathe.dims<"tokens", "">>) {
  %r = lathe.pad %0
      {low = array<i64: 1, 0>, high = array<i64: 0, 0>, mode = #lathe<padding_mode zeros>, value = 1.000000e+00
       : f64}
      : (tensor<?x8xf32, #lathe.dims<"tokens", "">>) -> tensor<?x8xf32, #lathe.dims<"tokens + 1", "">>
  return
}
