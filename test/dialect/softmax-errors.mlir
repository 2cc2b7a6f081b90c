// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'softmax' is checked and named.

func.func @axis(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'softmax' has the axis 4, but the tensor has 4 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.softmax %0 {axis = 4 : i64}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}
