// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'gather' is checked and named.

func.func @axis(%0: tensor<8xf32>, %1: tensor<3xi64>) {
  // expected-error@+2 {{'gather' has the axis 1, but the tensor has 1 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.gather %0, %1 {axis = 1 : i64}
      : (tensor<8xf32>, tensor<3xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @truth(%0: tensor<8xf32>, %1: tensor<3xi1>) {
  // expected-error@+2 {{'gather' needs numbers as indices, got elements of i1 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.gather %0, %1 {axis = 0 : i64}
      : (tensor<8xf32>, tensor<3xi1>) -> tensor<3xf32>
  return
}
