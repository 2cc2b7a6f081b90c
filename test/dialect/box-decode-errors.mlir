// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'box_decode' is checked and named.

func.func @corners(%0: tensor<2x3xf32>) {
  // expected-error@+2 {{'box_decode' needs boxes [..., 4], got [2, 3] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_decode %0
      : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
