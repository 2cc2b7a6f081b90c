// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'layer_norm' is checked and named.

func.func @dims(%0: tensor<1x1x8x6x6xf32>) {
  // expected-error@+2 {{'layer_norm' normalises the last 1 to 3 dimensions, got dims 4 for the input [1, 1, 8, 6, 6] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.layer_norm %0
      {operandSegmentSizes = array<i32: 1, 0, 0>, dims = 4 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x8x6x6xf32>) -> tensor<1x1x8x6x6xf32>
  return
}

// -----

func.func @shape(%0: tensor<1x8x6x6xf32>, %1: tensor<6x6xf32>, %2: tensor<6xf32>) {
  // expected-error@+2 {{'layer_norm' needs a bias of shape [6, 6], got [6] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.layer_norm %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1>, dims = 2 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>, tensor<6x6xf32>, tensor<6xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @eps(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'layer_norm' needs eps of at least 0, got nan [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.layer_norm %0
      {operandSegmentSizes = array<i32: 1, 0, 0>, dims = 1 : i64, eps = 0x7FF8000000000000 : f64}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @half(%0: tensor<1x8x6x6xf32>, %1: tensor<6xf32>) {
  // expected-error@+2 {{'layer_norm' needs weight and bias or neither, got the weight alone [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.layer_norm %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0>, dims = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>, tensor<6xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @zeros(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'layer_norm' needs zeros of at least 0, got -1 [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.layer_norm %0
      {operandSegmentSizes = array<i32: 1, 0, 0>, dims = 1 : i64, eps = 1.000000e-05 : f64, zeros = -1 : i64}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}
