// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'sample' is checked and named.

func.func @no_tokens(%0: tensor<f32>, %t: tensor<f32>, %k: tensor<i64>) {
  // expected-error@+2 {{'sample' needs logits with a last dimension [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.sample %0, %t, %k, %t, %k, %k
      : (tensor<f32>, tensor<f32>, tensor<i64>, tensor<f32>, tensor<i64>, tensor<i64>) -> tensor<i64>
  return
}

// -----

func.func @no_scalar(%0: tensor<2x8xf32>, %t: tensor<f32>, %k: tensor<i64>, %p: tensor<2xf32>) {
  // expected-error@+2 {{'sample' needs a scalar top_p, of shape [], got [2] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.sample %0, %t, %k, %p, %k, %k
      : (tensor<2x8xf32>, tensor<f32>, tensor<i64>, tensor<2xf32>, tensor<i64>, tensor<i64>) -> tensor<2xi64>
  return
}
