// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'activation' survives printing; the result types are the inferred ones.

// The shape stays.
// CHECK-LABEL: @silu(
// CHECK: lathe.activation %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @silu(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.activation %0 {kind = #lathe<activation_kind silu>}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}

// A constant of its own.
// CHECK-LABEL: @leaky(
// CHECK: lathe.activation %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @leaky(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.activation %0
      {kind = #lathe<activation_kind leaky_relu>, alpha = 2.000000e-01 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}
