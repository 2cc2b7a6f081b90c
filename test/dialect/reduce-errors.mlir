// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'reduce' is checked and named.

func.func @none(%0: tensor<8xf32>) {
  // expected-error@+2 {{'sum' needs at least one axis [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reduce %0 {kind = #lathe<reduce_kind sum>, axes = array<i64>, keepdims = false}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @outside(%0: tensor<8xf32>) {
  // expected-error@+2 {{'sum' has the axes 1, but the tensor has 1 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reduce %0 {kind = #lathe<reduce_kind sum>, axes = array<i64: 1>, keepdims = false}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @twice(%0: tensor<2x8xf32>) {
  // expected-error@+2 {{'sum' names the dimension 0 twice in axes [0, -2] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reduce %0
      {kind = #lathe<reduce_kind sum>, axes = array<i64: 0, -2>, keepdims = false}
      : (tensor<2x8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @integer_mean(%0: tensor<8xi32>) {
  // expected-error@+2 {{'mean' does not take elements of 'i32'; cast them first [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reduce %0 {kind = #lathe<reduce_kind mean>, axes = array<i64: 0>, keepdims = false}
      : (tensor<8xi32>) -> tensor<i32>
  return
}

// -----

func.func @truth(%0: tensor<8xi1>) {
  // expected-error@+2 {{'max' does not take elements of 'i1'; cast them first [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reduce %0 {kind = #lathe<reduce_kind max>, axes = array<i64: 0>, keepdims = false}
      : (tensor<8xi1>) -> tensor<i1>
  return
}
