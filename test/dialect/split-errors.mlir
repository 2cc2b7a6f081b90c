// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'split' is checked and named.

func.func @neither(%0: tensor<8xf32>) {
  // expected-error@+2 {{'split' needs parts or sizes, got neither [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.split %0 {axis = 0 : i64}
      : (tensor<8xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

func.func @axis(%0: tensor<8xf32>) {
  // expected-error@+2 {{'split' has the axis 1, but the tensor has 1 dimensions [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.split %0 {parts = 2 : i64, axis = 1 : i64}
      : (tensor<8xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

func.func @parts(%0: tensor<8xf32>) {
  // expected-error@+2 {{'split' cannot cut 8 places into 3 equal parts [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.split %0 {parts = 3 : i64, axis = 0 : i64}
      : (tensor<8xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

func.func @no_parts(%0: tensor<8xf32>) {
  // expected-error@+2 {{'split' cannot cut 8 places into 0 equal parts [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.split %0 {parts = 0 : i64, axis = 0 : i64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @sum(%0: tensor<8xf32>) {
  // expected-error@+2 {{'split' needs at most 1024 positive sizes that sum to 8, got [3, 4] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.split %0 {sizes = array<i64: 3, 4>, axis = 0 : i64}
      : (tensor<8xf32>) -> (tensor<3xf32>, tensor<4xf32>)
  return
}

// -----

func.func @negative(%0: tensor<8xf32>) {
  // expected-error@+2 {{positive sizes that sum to 8, got [9, -1] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.split %0 {sizes = array<i64: 9, -1>, axis = 0 : i64}
      : (tensor<8xf32>) -> (tensor<9xf32>, tensor<1xf32>)
  return
}
