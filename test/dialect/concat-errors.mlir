// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'concat' is checked and named.

func.func @types(%0: tensor<8xf32>, %1: tensor<8xf64>) {
  // expected-error@+2 {{'concat' needs one element type and rank, got 'tensor<8xf32>' and 'tensor<8xf64>' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.concat %0, %1 {axis = 0 : i64}
      : (tensor<8xf32>, tensor<8xf64>) -> tensor<16xf32>
  return
}

// -----

func.func @axis(%0: tensor<8xf32>, %1: tensor<8xf32>) {
  // expected-error@+2 {{'concat' has the axis 1, but the tensor has 1 dimensions [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.concat %0, %1 {axis = 1 : i64}
      : (tensor<8xf32>, tensor<8xf32>) -> tensor<16xf32>
  return
}

// -----

func.func @sizes(%0: tensor<2x8xf32>, %1: tensor<2x7xf32>) {
  // expected-error@+2 {{'concat' along the dimension 0 cannot join [2, 8] and [2, 7] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.concat %0, %1 {axis = 0 : i64}
      : (tensor<2x8xf32>, tensor<2x7xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @none() {
  // expected-error@+2 {{'concat' needs an input [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.concat {axis = 0 : i64} : () -> tensor<8xf32>
  return
}
