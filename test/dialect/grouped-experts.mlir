// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'group_picks' and 'grouped_experts' survive printing; the result types are the inferred ones.

// CHECK-LABEL: @two(
// CHECK: lathe.group_picks %{{.*}} -> (tensor<?xi64, #lathe.dims<"15*batch">>, tensor<?xi64, #lathe.dims<"15*batch">>, tensor<3xi64>)
// CHECK: lathe.grouped_experts %{{.*}} -> tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>
func.func @two(%0: tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>, %1: tensor<?x3xf32, #lathe.dims<"5*batch", "">>,
    %2: tensor<?x3xi32, #lathe.dims<"5*batch", "">>, %w1: tensor<6x8xf32>, %w2: tensor<8x6xf32>) {
  %o, %p, %f = lathe.group_picks %2 {experts = 2} : (tensor<?x3xi32, #lathe.dims<"5*batch", "">>)
      -> (tensor<?xi64, #lathe.dims<"15*batch">>, tensor<?xi64, #lathe.dims<"15*batch">>, tensor<3xi64>)
  %r = lathe.grouped_experts %0, %1, %o, %p, %f, %w1, %w1, %w2, %w2, %w1, %w1 {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 2, 2, 2>}
      : (tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>, tensor<?x3xf32, #lathe.dims<"5*batch", "">>,
         tensor<?xi64, #lathe.dims<"15*batch">>, tensor<?xi64, #lathe.dims<"15*batch">>, tensor<3xi64>, tensor<6x8xf32>,
         tensor<6x8xf32>, tensor<8x6xf32>, tensor<8x6xf32>, tensor<6x8xf32>, tensor<6x8xf32>)
        -> tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>
  return
}
