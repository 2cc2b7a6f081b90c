// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'group_norm' is checked and named.

func.func @rank(%0: tensor<8xf32>) {
  // expected-error@+2 {{'group_norm' needs an input [N, C, ...], got [8] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.group_norm %0
      {operandSegmentSizes = array<i32: 1, 0, 0>, groups = 2 : i64, eps = 1.000000e-05 : f64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @shape(%0: tensor<1x8x6x6xf32>, %1: tensor<2xf32>, %2: tensor<2xf32>) {
  // expected-error@+2 {{'group_norm' needs a weight of shape [8], got [2] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.group_norm %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1>, groups = 2 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @eps(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'group_norm' needs eps of at least 0, got -1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.group_norm %0
      {operandSegmentSizes = array<i32: 1, 0, 0>, groups = 2 : i64, eps = -1.0 : f64}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @half(%0: tensor<1x8x6x6xf32>, %1: tensor<8xf32>) {
  // expected-error@+2 {{'group_norm' needs weight and bias or neither, got the bias alone [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.group_norm %0, %1
      {operandSegmentSizes = array<i32: 1, 0, 1>, groups = 2 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>, tensor<8xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @groups(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'group_norm' needs channels divisible by groups: 8 channels, 3 groups [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.group_norm %0
      {operandSegmentSizes = array<i32: 1, 0, 0>, groups = 3 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}
