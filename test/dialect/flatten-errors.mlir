// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'flatten' is checked and named.

func.func @outside(%0: tensor<8xf32>) {
  // expected-error@+2 {{'flatten' has the start 1, but the tensor has 1 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.flatten %0 {start = 1 : i64, end = -1 : i64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @order(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'flatten' of [1, 8, 6, 6] starts at the dimension 2, after its end 1 [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.flatten %0 {start = 2 : i64, end = 1 : i64}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}
