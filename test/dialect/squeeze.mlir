// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'squeeze' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @two(
// CHECK: lathe.squeeze %
// CHECK-SAME: -> tensor<?x8xf32, #lathe.dims<"batch", "">>
func.func @two(%0: tensor<?x8x1x1xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.squeeze %0 {axes = array<i64: 2, -1>}
      : (tensor<?x8x1x1xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8xf32, #lathe.dims<"batch", "">>
  return
}
