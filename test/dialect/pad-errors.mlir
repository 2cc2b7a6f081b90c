// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'pad' is checked and named.

func.func @count(%0: tensor<2x8xf32>) {
  // expected-error@+2 {{'pad' needs low with a number from 0 to 2^30 for each of the 2 dimensions of [2, 8], got [1] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pad %0
      {low = array<i64: 1>, high = array<i64: 1, 1>, mode = #lathe<padding_mode zeros>, value = 0.000000e+00 :
       f64}
      : (tensor<2x8xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @negative(%0: tensor<8xf32>) {
  // expected-error@+2 {{'pad' needs high with a number from 0 to 2^30 for each of the 1 dimensions of [8], got [-1] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pad %0
      {low = array<i64: 1>, high = array<i64: -1>, mode = #lathe<padding_mode zeros>, value = 0.000000e+00 :
       f64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @value(%0: tensor<8xf32>) {
  // expected-error@+2 {{'pad' by reflect cannot take the value 1 for elements of 'f32' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pad %0
      {low = array<i64: 1>, high = array<i64: 1>, mode = #lathe<padding_mode reflect>, value = 1.0 : f64}
      : (tensor<8xf32>) -> tensor<10xf32>
  return
}

// -----

func.func @fraction(%0: tensor<8xi8>) {
  // expected-error@+2 {{'pad' by zeros cannot take the value 0.5 for elements of 'i8' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pad %0
      {low = array<i64: 1>, high = array<i64: 1>, mode = #lathe<padding_mode zeros>, value = 0.5 : f64}
      : (tensor<8xi8>) -> tensor<10xi8>
  return
}

// -----

func.func @circular(%0: tensor<8xf32>) {
  // expected-error@+2 {{'pad' cannot add 9 pixels by circular padding to a size of 8: at most 8 [C7]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pad %0
      {low = array<i64: 9>, high = array<i64: 0>, mode = #lathe<padding_mode circular>, value = 0.000000e+00 :
       f64}
      : (tensor<8xf32>) -> tensor<17xf32>
  return
}
