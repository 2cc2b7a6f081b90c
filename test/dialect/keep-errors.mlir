// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'keep' and 'spread' is checked and named.

func.func @axis(%x: tensor<3x4xf32>) {
  // expected-error@+2 {{'keep' has the axis 2, but the tensor has 2 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.keep %x {axis = 2 : i64, places = array<i64: 0>}
      : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @dynamic(%x: tensor<?xf32, #lathe.dims<"batch">>) {
  // expected-error@+2 {{'keep' needs a dimension of a static size, got batch [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.keep %x {axis = 0 : i64, places = array<i64: 0>}
      : (tensor<?xf32, #lathe.dims<"batch">>) -> tensor<1xf32>
  return
}

// -----

func.func @none(%x: tensor<3x4xf32>) {
  // expected-error@+2 {{'keep' needs at least one place [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.keep %x {axis = 0 : i64, places = array<i64>}
      : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @beyond(%x: tensor<3x4xf32>) {
  // expected-error@+2 {{'keep' needs places that ascend from 0 to less than 3, got 3 at 1 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.keep %x {axis = 0 : i64, places = array<i64: 0, 3>}
      : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @twice(%x: tensor<3x4xf32>) {
  // expected-error@+2 {{'keep' needs places that ascend from 0 to less than 3, got 1 at 1 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.keep %x {axis = 0 : i64, places = array<i64: 1, 1>}
      : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @number(%x: tensor<3x4xf32>) {
  // expected-error@+2 {{'spread' has 1 places for a dimension of 3 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.spread %x {axis = 0 : i64, places = array<i64: 1>, size = 5 : i64}
      : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @order(%x: tensor<3x4xf32>) {
  // expected-error@+2 {{'spread' needs places that ascend from 0 to less than 5, got 0 at 1 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.spread %x {axis = 0 : i64, places = array<i64: 1, 0, 2>, size = 5 : i64}
      : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @fill(%x: tensor<3x4xf32>, %f: tensor<4xf32>) {
  // expected-error@+2 {{'spread' needs a fill of shape [5], got [4] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.spread %x, %f {axis = 0 : i64, places = array<i64: 0, 1, 2>, size = 5 : i64}
      : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @elements(%x: tensor<3x4xf32>, %f: tensor<5xf16>) {
  // expected-error@+2 {{'spread' fills 'f32' with 'f16' [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.spread %x, %f {axis = 0 : i64, places = array<i64: 0, 1, 2>, size = 5 : i64}
      : (tensor<3x4xf32>, tensor<5xf16>) -> tensor<3x4xf32>
  return
}
