// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'experts' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @two(
// CHECK: lathe.experts %
// CHECK-SAME: -> tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>
func.func @two(%0: tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>, %1: tensor<?x3xf32, #lathe.dims<"5*batch", "">>,
    %2: tensor<?x3xi32, #lathe.dims<"5*batch", "">>, %w1: tensor<6x8xf32>, %w2: tensor<8x6xf32>) {
  %r = lathe.experts %0, %1, %2, %w1, %w1, %w2, %w2, %w1, %w1 {operandSegmentSizes = array<i32: 1, 1, 1, 2, 2, 2>}
      : (tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>, tensor<?x3xf32, #lathe.dims<"5*batch", "">>,
         tensor<?x3xi32, #lathe.dims<"5*batch", "">>, tensor<6x8xf32>, tensor<6x8xf32>, tensor<8x6xf32>,
         tensor<8x6xf32>, tensor<6x8xf32>, tensor<6x8xf32>) -> tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>
  return
}
