// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'argmax' is checked and named.

func.func @axis(%0: tensor<8xf32>) {
  // expected-error@+2 {{'argmax' has the axis -2, but the tensor has 1 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.argmax %0 {axis = -2 : i64, keepdims = false}
      : (tensor<8xf32>) -> tensor<i64>
  return
}

// -----

func.func @truth(%0: tensor<8xi1>) {
  // expected-error@+2 {{'argmax' does not take elements of 'i1'; cast them first [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.argmax %0 {axis = 0 : i64, keepdims = false}
      : (tensor<8xi1>) -> tensor<i64>
  return
}
