// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'null_expert_router' is checked and named.

func.func @no_features(%0: tensor<f32>, %1: tensor<4x8xf32>) {
  // expected-error@+2 {{'null_expert_router' needs an input with a last dimension [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.null_expert_router %0, %1 {top_k = 2 : i64}
      : (tensor<f32>, tensor<4x8xf32>) -> (tensor<1x4xf32>, tensor<1x2xf32>, tensor<1x2xi64>)
  return
}

// -----

func.func @gate(%0: tensor<5x8xf32>, %1: tensor<4x8xf32>, %2: tensor<4x7xf32>) {
  // expected-error@+2 {{'null_expert_router' needs a gate2 [experts, 8], got [4, 7] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.null_expert_router %0, %1, %2 {top_k = 2 : i64}
      : (tensor<5x8xf32>, tensor<4x8xf32>, tensor<4x7xf32>) -> (tensor<5x8xf32>, tensor<5x2xf32>, tensor<5x2xi64>)
  return
}

// -----

func.func @picks(%0: tensor<5x8xf32>, %1: tensor<4x8xf32>) {
  // expected-error@+2 {{'null_expert_router' picks 1 to 4 of 4 experts, got top_k: 5 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.null_expert_router %0, %1 {top_k = 5 : i64}
      : (tensor<5x8xf32>, tensor<4x8xf32>) -> (tensor<5x4xf32>, tensor<5x5xf32>, tensor<5x5xi64>)
  return
}
