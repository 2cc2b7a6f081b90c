// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'linear' is checked and named.

func.func @no_dimension(%0: tensor<f32>, %1: tensor<10x32xf32>) {
  // expected-error@+2 {{'linear' needs an input with a last dimension [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.linear %0, %1
      : (tensor<f32>, tensor<10x32xf32>) -> tensor<10xf32>
  return
}

// -----

func.func @other_features(%0: tensor<2x31xf32>, %1: tensor<10x32xf32>) {
  // expected-error@+2 {{'linear' maps the last dimension of [2, 31], but its weight is [10, 32], wanted [features, 31] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.linear %0, %1
      : (tensor<2x31xf32>, tensor<10x32xf32>) -> tensor<2x10xf32>
  return
}

// -----

func.func @bias(%0: tensor<2x32xf32>, %1: tensor<10x32xf32>, %2: tensor<9xf32>) {
  // expected-error@+2 {{'linear' gives 10 features, but its bias is [9] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.linear %0, %1, %2
      : (tensor<2x32xf32>, tensor<10x32xf32>, tensor<9xf32>) -> tensor<2x10xf32>
  return
}
