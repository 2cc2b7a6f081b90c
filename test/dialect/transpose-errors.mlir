// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'transpose' is checked and named.

func.func @twice(%0: tensor<2x3xf32>) {
  // expected-error@+2 {{'transpose' needs a permutation that names each of the 2 dimensions of [2, 3] once, got [0, 0] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.transpose %0 {permutation = array<i64: 0, 0>}
      : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @short(%0: tensor<2x3xf32>) {
  // expected-error@+2 {{'transpose' needs a permutation that names each of the 2 dimensions of [2, 3] once, got [0] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.transpose %0 {permutation = array<i64: 0>}
      : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}
