// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'select' is checked and named.

func.func @types(%0: tensor<8xi1>, %1: tensor<8xf32>, %2: tensor<8xf64>) {
  // expected-error@+2 {{'select' needs one element type, got 'f32' and 'f64' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.select %0, %1, %2
      : (tensor<8xi1>, tensor<8xf32>, tensor<8xf64>) -> tensor<8xf32>
  return
}

// -----

func.func @shapes(%0: tensor<3xi1>, %1: tensor<8xf32>, %2: tensor<8xf32>) {
  // expected-error@+2 {{'select' cannot pair the shapes [3], [8] and [8] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.select %0, %1, %2
      : (tensor<3xi1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}
