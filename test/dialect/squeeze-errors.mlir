// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'squeeze' is checked and named.

func.func @twice(%0: tensor<8x1xf32>) {
  // expected-error@+2 {{'squeeze' names the dimension 1 twice in axes [1, -1] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.squeeze %0 {axes = array<i64: 1, -1>}
      : (tensor<8x1xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @size(%0: tensor<8x1xf32>) {
  // expected-error@+2 {{'squeeze' drops the dimension 0 of [8, 1], whose size is not 1 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.squeeze %0 {axes = array<i64: 0>}
      : (tensor<8x1xf32>) -> tensor<1xf32>
  return
}
