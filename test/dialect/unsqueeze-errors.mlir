// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'unsqueeze' is checked and named.

func.func @outside(%0: tensor<8xf32>) {
  // expected-error@+2 {{'unsqueeze' has the axes 3, but the tensor has 2 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.unsqueeze %0 {axes = array<i64: 3>}
      : (tensor<8xf32>) -> tensor<8x1xf32>
  return
}
