// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'slice' is checked and named.

func.func @axis(%0: tensor<8xf32>) {
  // expected-error@+2 {{'slice' has the axis 1, but the tensor has 1 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slice %0 {axis = 1 : i64, start = 0 : i64, step = 1 : i64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @step(%0: tensor<8xf32>) {
  // expected-error@+2 {{'slice' needs a positive step, got 0 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slice %0 {axis = 0 : i64, start = 0 : i64, step = 0 : i64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @range(%0: tensor<8xf32>) {
  // expected-error@+2 {{'slice' takes [3, 9) of the dimension 0 of [8]: wanted 0 <= start < end <= size [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slice %0 {axis = 0 : i64, start = 3 : i64, end = 9 : i64, step = 1 : i64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @empty(%0: tensor<8xf32>) {
  // expected-error@+2 {{wanted 0 <= start < end <= size [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slice %0 {axis = 0 : i64, start = 3 : i64, end = 3 : i64, step = 1 : i64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @before(%0: tensor<8xf32>) {
  // expected-error@+2 {{wanted 0 <= start < end <= size [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slice %0 {axis = 0 : i64, start = -9 : i64, step = 1 : i64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @dynamic(%0: tensor<?xf32, #lathe.dims<"tokens">>) {
  // expected-error@+2 {{'slice' takes [0, 4) of the dimension 0 of [tokens]: a dynamic dimension may be shorter [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slice %0 {axis = 0 : i64, start = 0 : i64, end = 4 : i64, step = 1 : i64}
      : (tensor<?xf32, #lathe.dims<"tokens">>) -> tensor<4xf32>
  return
}
