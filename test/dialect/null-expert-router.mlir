// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'null_expert_router' survives printing; the result types are the inferred ones.

// Six logits of each of batch x 5 vectors.
// CHECK-LABEL: @both(
// CHECK: lathe.null_expert_router %
// CHECK-SAME: -> (tensor<?x6xf32, #lathe.dims<"5*batch", "">>, tensor<?x3xf32, #lathe.dims<"5*batch", "">>, tensor<?x3xi64, #lathe.dims<"5*batch", "">>)
func.func @both(%0: tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>, %1: tensor<4x8xf32>, %2: tensor<2x8xf32>) {
  %r:3 = lathe.null_expert_router %0, %1, %2 {top_k = 3 : i64}
      : (tensor<?x5x8xf32, #lathe.dims<"batch", "", "">>, tensor<4x8xf32>, tensor<2x8xf32>)
      -> (tensor<?x6xf32, #lathe.dims<"5*batch", "">>, tensor<?x3xf32, #lathe.dims<"5*batch", "">>,
          tensor<?x3xi64, #lathe.dims<"5*batch", "">>)
  return
}

// Mixtral's router has no null experts.
// CHECK-LABEL: @true_only(
// CHECK: lathe.null_expert_router %
// CHECK-SAME: -> (tensor<5x4xf32>, tensor<5x2xf32>, tensor<5x2xi64>)
func.func @true_only(%0: tensor<5x8xf32>, %1: tensor<4x8xf32>) {
  %r:3 = lathe.null_expert_router %0, %1 {top_k = 2 : i64}
      : (tensor<5x8xf32>, tensor<4x8xf32>) -> (tensor<5x4xf32>, tensor<5x2xf32>, tensor<5x2xi64>)
  return
}
