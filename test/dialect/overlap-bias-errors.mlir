// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'overlap_bias' is checked and named.

func.func @boxes(%0: tensor<2x3xf32>, %1: tensor<2xf32>) {
  // expected-error@+2 {{'overlap_bias' needs boxes [..., N, 4], got [2, 3] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.overlap_bias %0, %1 {eps = 1.0e-7 : f64}
      : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x2x2xf32>
  return
}

// -----

func.func @tau(%0: tensor<2x4xf32>, %1: tensor<1x2xf32>) {
  // expected-error@+2 {{'overlap_bias' needs an iof_tau [heads], got [1, 2] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.overlap_bias %0, %1 {eps = 1.0e-7 : f64}
      : (tensor<2x4xf32>, tensor<1x2xf32>) -> tensor<2x2x2xf32>
  return
}

// -----

func.func @eps(%0: tensor<2x4xf32>, %1: tensor<2xf32>) {
  // expected-error@+2 {{'overlap_bias' needs eps of at least 0, got -1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.overlap_bias %0, %1 {eps = -1.0 : f64}
      : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x2x2xf32>
  return
}
