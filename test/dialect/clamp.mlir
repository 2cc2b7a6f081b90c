// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'clamp' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @both(
// CHECK: lathe.clamp %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @both(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.clamp %0 {min = 0.000000e+00 : f64, max = 6.000000e+00 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}

// CHECK-LABEL: @one(
// CHECK: lathe.clamp %
// CHECK-SAME: -> tensor<3xi8>
func.func @one(%0: tensor<3xi8>) {
  %r = lathe.clamp %0 {max = 6.000000e+00 : f64}
      : (tensor<3xi8>) -> tensor<3xi8>
  return
}
