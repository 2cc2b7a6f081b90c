// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'relative_position_bias' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @crossed(
// CHECK: lathe.relative_position_bias %
// CHECK-SAME: -> tensor<1x12x?x7xf32, #lathe.dims<"", "", "tokens", "">>
func.func @crossed(%q: tensor<2x?x4xf32, #lathe.dims<"", "tokens", "">>, %k: tensor<2x7x4xf32>, %w: tensor<32x12xf32>) {
  %r = lathe.relative_position_bias %q, %k, %w {operandSegmentSizes = array<i32: 1, 1, 1>, max_distance = 128, bidirectional = true}
      : (tensor<2x?x4xf32, #lathe.dims<"", "tokens", "">>, tensor<2x7x4xf32>, tensor<32x12xf32>)
      -> tensor<1x12x?x7xf32, #lathe.dims<"", "", "tokens", "">>
  return
}
