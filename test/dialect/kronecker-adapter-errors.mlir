// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'kronecker_adapter' is checked and named.

func.func @case0(%x: tensor<f32>, %a: tensor<2x2x2xf32>, %w: tensor<2x2x2xf32>) {
  // expected-error@+2 {{'kronecker_adapter' needs an input with a static last dimension, got [] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.kronecker_adapter %x, %a, %w {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 0>} : (tensor<f32>, tensor<2x2x2xf32>, tensor<2x2x2xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @case1(%x: tensor<1x4xf32>, %a: tensor<2x2x3xf32>, %w: tensor<2x2x2xf32>) {
  // expected-error@+2 {{'kronecker_adapter' needs A as [n, n, n], or as factors [n, n, k] and [n, k, n] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.kronecker_adapter %x, %a, %w {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 0>} : (tensor<1x4xf32>, tensor<2x2x3xf32>, tensor<2x2x2xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @case2(%x: tensor<1x4xf32>, %a: tensor<2x2x2xf32>, %s: tensor<2x2x1xf32>) {
  // expected-error@+2 {{'kronecker_adapter' needs B as [n, in / n, out / n], or as factors [n, in / n, r] and [n, r, out / n], with n = 2 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.kronecker_adapter %x, %a, %s {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 1, 0, 0>} : (tensor<1x4xf32>, tensor<2x2x2xf32>, tensor<2x2x1xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @case3(%x: tensor<1x5xf32>, %a: tensor<2x2x2xf32>, %w: tensor<2x2x2xf32>) {
  // expected-error@+2 {{'kronecker_adapter' maps 4 features, got 5: n must divide them [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.kronecker_adapter %x, %a, %w {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 0>} : (tensor<1x5xf32>, tensor<2x2x2xf32>, tensor<2x2x2xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @bias(%x: tensor<1x4xf32>, %a: tensor<2x2x2xf32>, %w: tensor<2x2x2xf32>, %b: tensor<3xf32>) {
  // expected-error@+2 {{[C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.kronecker_adapter %x, %a, %w, %b {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 1>} : (tensor<1x4xf32>, tensor<2x2x2xf32>, tensor<2x2x2xf32>, tensor<3xf32>) -> tensor<1x4xf32>
  return
}
