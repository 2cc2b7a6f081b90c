// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'matmul' survives printing; the result types are the inferred ones.

// Names of dynamic sizes reach the result from either operand.
// CHECK-LABEL: @scores(
// CHECK: lathe.matmul %
// CHECK-SAME: -> tensor<?x4x?x?xf32, #lathe.dims<"batch", "", "tokens", "past + tokens">>
func.func @scores(%q: tensor<?x4x?x8xf32, #lathe.dims<"batch", "", "tokens", "">>,
                  %k: tensor<?x4x?x8xf32, #lathe.dims<"batch", "", "past + tokens", "">>) {
  %r = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<?x4x?x8xf32, #lathe.dims<"batch", "", "tokens", "">>,
         tensor<?x4x?x8xf32, #lathe.dims<"batch", "", "past + tokens", "">>)
      -> tensor<?x4x?x?xf32, #lathe.dims<"batch", "", "tokens", "past + tokens">>
  return
}

// Fewer dimensions are aligned at the end, a size of 1 stretches.
// CHECK-LABEL: @stretched(
// CHECK: -> tensor<5x2x3x7xf32>
func.func @stretched(%a: tensor<2x4x3xf32>, %b: tensor<5x1x4x7xf32>) {
  %r = lathe.matmul %a, %b {transpose_input = true, transpose_other = false}
      : (tensor<2x4x3xf32>, tensor<5x1x4x7xf32>) -> tensor<5x2x3x7xf32>
  return
}
