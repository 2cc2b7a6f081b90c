// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'matmul' is checked and named.

func.func @vector(%a: tensor<3xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+2 {{'matmul' needs two operands of rank 2 or more and of one element type, got 'tensor<3xf32>' and 'tensor<3x4xf32>' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.matmul %a, %b {transpose_input = false, transpose_other = false}
      : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @sum(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>) {
  // expected-error@+2 {{'matmul' sums over 3 in the first operand and 4 in the second [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.matmul %a, %b {transpose_input = false, transpose_other = false}
      : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @batch(%a: tensor<2x2x3xf32>, %b: tensor<5x3x4xf32>) {
  // expected-error@+2 {{'matmul' cannot align [2, 2, 3] with [5, 3, 4] before their last two dimensions [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.matmul %a, %b {transpose_input = false, transpose_other = false}
      : (tensor<2x2x3xf32>, tensor<5x3x4xf32>) -> tensor<2x2x4xf32>
  return
}
