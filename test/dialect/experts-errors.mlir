// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'experts' is checked and named.

func.func @no_features(%0: tensor<f32>, %1: tensor<5x3xf32>, %2: tensor<5x3xi64>, %w1: tensor<6x8xf32>, %w2: tensor<8x6xf32>, %w3: tensor<6x8xf32>) {
  // expected-error@+2 {{'experts' needs an input with a last dimension [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.experts %0, %1, %2, %w1, %w2, %w3 {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1>}
      : (tensor<f32>, tensor<5x3xf32>, tensor<5x3xi64>, tensor<6x8xf32>, tensor<8x6xf32>, tensor<6x8xf32>) -> tensor<f32>
  return
}

// -----

func.func @picks(%0: tensor<5x8xf32>, %1: tensor<5x3xf32>, %2: tensor<4x3xi64>, %w1: tensor<6x8xf32>, %w2: tensor<8x6xf32>, %w3: tensor<6x8xf32>) {
  // expected-error@+2 {{'experts' needs weights and picks [5, top_k], got [5, 3] and [4, 3] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.experts %0, %1, %2, %w1, %w2, %w3 {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1>}
      : (tensor<5x8xf32>, tensor<5x3xf32>, tensor<4x3xi64>, tensor<6x8xf32>, tensor<8x6xf32>, tensor<6x8xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @matrices(%0: tensor<5x8xf32>, %1: tensor<5x3xf32>, %2: tensor<5x3xi64>, %w1: tensor<6x8xf32>, %w2: tensor<8x6xf32>, %w3: tensor<6x8xf32>) {
  // expected-error@+2 {{'experts' needs at least one expert, and as many of each matrix, got 1 of w1, 1 of w2, 0 of w3 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.experts %0, %1, %2, %w1, %w2 {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0>}
      : (tensor<5x8xf32>, tensor<5x3xf32>, tensor<5x3xi64>, tensor<6x8xf32>, tensor<8x6xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @no_expert(%0: tensor<5x8xf32>, %1: tensor<5x3xf32>, %2: tensor<5x3xi64>, %w1: tensor<6x8xf32>, %w2: tensor<8x6xf32>, %w3: tensor<6x8xf32>) {
  // expected-error@+2 {{'experts' needs at least one expert, and as many of each matrix, got 0 of w1, 0 of w2, 0 of w3 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.experts %0, %1, %2 {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0>}
      : (tensor<5x8xf32>, tensor<5x3xf32>, tensor<5x3xi64>) -> tensor<5x8xf32>
  return
}

// -----

func.func @shape(%0: tensor<5x8xf32>, %1: tensor<5x3xf32>, %2: tensor<5x3xi64>, %w1: tensor<6x8xf32>, %w2: tensor<6x8xf32>, %w3: tensor<6x8xf32>) {
  // expected-error@+2 {{'experts' needs a w2 of shape [8, 6], got [6, 8] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.experts %0, %1, %2, %w1, %w2, %w3 {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1>}
      : (tensor<5x8xf32>, tensor<5x3xf32>, tensor<5x3xi64>, tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @types(%0: tensor<5x8xf32>, %1: tensor<5x3xf16>, %2: tensor<5x3xi64>, %w1: tensor<6x8xf32>, %w2: tensor<8x6xf32>, %w3: tensor<6x8xf32>) {
  // expected-error@+2 {{'experts' has an input of 'f32' and weights of 'f16' [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.experts %0, %1, %2, %w1, %w2, %w3 {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1>}
      : (tensor<5x8xf32>, tensor<5x3xf16>, tensor<5x3xi64>, tensor<6x8xf32>, tensor<8x6xf32>, tensor<6x8xf32>) -> tensor<5x8xf32>
  return
}
