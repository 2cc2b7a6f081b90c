// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'clamp' is checked and named.

func.func @none(%0: tensor<8xf32>) {
  // expected-error@+2 {{'clamp' needs min or max [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.clamp %0
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @order(%0: tensor<8xf32>) {
  // expected-error@+2 {{'clamp' needs a min of at most max, got 2 and 1 [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.clamp %0 {min = 2.0 : f64, max = 1.0 : f64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @fraction(%0: tensor<8xi8>) {
  // expected-error@+2 {{'clamp' cannot take the max 1.5 as 'i8' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.clamp %0 {max = 1.5 : f64}
      : (tensor<8xi8>) -> tensor<8xi8>
  return
}
