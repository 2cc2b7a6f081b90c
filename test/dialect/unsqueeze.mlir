// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'unsqueeze' survives printing; the result types are the inferred ones.

// Axes count in the result.
// CHECK-LABEL: @two(
// CHECK: lathe.unsqueeze %
// CHECK-SAME: -> tensor<1x?x1xf32, #lathe.dims<"", "batch", "">>
func.func @two(%0: tensor<?xf32, #lathe.dims<"batch">>) {
  %r = lathe.unsqueeze %0 {axes = array<i64: 0, -1>}
      : (tensor<?xf32, #lathe.dims<"batch">>) -> tensor<1x?x1xf32, #lathe.dims<"", "batch", "">>
  return
}
