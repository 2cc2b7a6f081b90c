// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'binary' survives printing; the result types are the inferred ones.

// Sizes of 1 stretch, missing dimensions are added in front.
// CHECK-LABEL: @broadcast(
// CHECK: lathe.binary %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @broadcast(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<8x1x6xf32>) {
  %r = lathe.binary %0, %1 {kind = #lathe<binary_kind add>}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<8x1x6xf32>) -> tensor<?x8x6x6xf32,
         #lathe.dims<"batch", "", "", "">>
  return
}

// A number in place of the second operand.
// CHECK-LABEL: @number(
// CHECK: lathe.binary %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @number(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.binary %0 {kind = #lathe<binary_kind mul>, value = 5.000000e-01 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}

// One dimension on both sides.
// CHECK-LABEL: @names(
// CHECK: lathe.binary %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @names(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<?x1x1x1xf32,
    #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.binary %0, %1 {kind = #lathe<binary_kind sub>}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<?x1x1x1xf32, #lathe.dims<"batch", "", "",
         "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// A size without a name takes the one it meets.
// CHECK-LABEL: @unknown(
// CHECK: lathe.binary %
// CHECK-SAME: -> tensor<?x2xf32, #lathe.dims<"batch", "">>
func.func @unknown(%0: tensor<?x2xf32>, %1: tensor<?x2xf32, #lathe.dims<"batch", "">>) {
  %r = lathe.binary %0, %1 {kind = #lathe<binary_kind sub>}
      : (tensor<?x2xf32>, tensor<?x2xf32, #lathe.dims<"batch", "">>) -> tensor<?x2xf32, #lathe.dims<"batch",
         "">>
  return
}
