// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'subspace_attention' is checked and named.

func.func @rank(%0: tensor<8x6x6xf32>, %1: tensor<4x1x1x1xf32>, %2: tensor<4x1x1x1xf32>, %3: tensor<4xf32>, %4:
    tensor<4xf32>, %5: tensor<4xf32>, %6: tensor<4xf32>, %7: tensor<4xf32>, %8: tensor<4xf32>, %9: tensor<4xf32>, %10:
    tensor<4xf32>, %11: tensor<4xf32>, %12: tensor<4xf32>, %13: tensor<1x4x1x1xf32>, %14: tensor<1x4x1x1xf32>, %15:
    tensor<1xf32>, %16: tensor<1xf32>, %17: tensor<1xf32>, %18: tensor<1xf32>, %19: tensor<1xf32>, %20: tensor<1xf32>,
    %21: tensor<1xf32>, %22: tensor<1xf32>, %23: tensor<1xf32>, %24: tensor<1xf32>) {
  // expected-error@+2 {{'subspace_attention' needs an input [N, C, H, W], got [8, 6, 6] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.subspace_attention %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24
      {operandSegmentSizes = array<i32: 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2>, subspaces = 2 : i64, eps =
       1.000000e-05 : f64}
      : (tensor<8x6x6xf32>, tensor<4x1x1x1xf32>, tensor<4x1x1x1xf32>, tensor<4xf32>, tensor<4xf32>,
         tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>,
         tensor<4xf32>, tensor<4xf32>, tensor<1x4x1x1xf32>, tensor<1x4x1x1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>, tensor<1xf32>) -> tensor<8x6x6xf32>
  return
}

// -----

func.func @subspaces(%0: tensor<1x8x6x6xf32>, %1: tensor<2x1x1x1xf32>, %2: tensor<2x1x1x1xf32>, %3:
    tensor<2x1x1x1xf32>, %4: tensor<2xf32>, %5: tensor<2xf32>, %6: tensor<2xf32>, %7: tensor<2xf32>, %8:
    tensor<2xf32>, %9: tensor<2xf32>, %10: tensor<2xf32>, %11: tensor<2xf32>, %12: tensor<2xf32>, %13: tensor<2xf32>,
    %14: tensor<2xf32>, %15: tensor<2xf32>, %16: tensor<2xf32>, %17: tensor<2xf32>, %18: tensor<2xf32>, %19:
    tensor<1x2x1x1xf32>, %20: tensor<1x2x1x1xf32>, %21: tensor<1x2x1x1xf32>, %22: tensor<1xf32>, %23: tensor<1xf32>,
    %24: tensor<1xf32>, %25: tensor<1xf32>, %26: tensor<1xf32>, %27: tensor<1xf32>, %28: tensor<1xf32>, %29:
    tensor<1xf32>, %30: tensor<1xf32>, %31: tensor<1xf32>, %32: tensor<1xf32>, %33: tensor<1xf32>, %34: tensor<1xf32>,
    %35: tensor<1xf32>, %36: tensor<1xf32>) {
  // expected-error@+2 {{'subspace_attention' needs channels divisible by subspaces: 8 channels, 3 subspaces [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.subspace_attention %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36
      {operandSegmentSizes = array<i32: 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3>, subspaces = 3 : i64, eps =
       1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>,
         tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
         tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
         tensor<2xf32>, tensor<2xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>,
         tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @missing(%0: tensor<1x8x6x6xf32>, %1: tensor<8x1x1x1xf32>, %2: tensor<8xf32>, %3: tensor<8xf32>, %4:
    tensor<8xf32>, %5: tensor<8xf32>, %6: tensor<8xf32>, %7: tensor<1x8x1x1xf32>, %8: tensor<1xf32>, %9:
    tensor<1xf32>, %10: tensor<1xf32>, %11: tensor<1xf32>) {
  // expected-error@+2 {{'subspace_attention' has 1 subspaces, but 0 of bn_point.running_var [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.subspace_attention %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11
      {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0>, subspaces = 1 : i64, eps =
       1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>, tensor<8x1x1x1xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>,
         tensor<8xf32>, tensor<1x8x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) ->
         tensor<1x8x6x6xf32>
  return
}

// -----

func.func @shape(%0: tensor<1x8x6x6xf32>, %1: tensor<8x1x1x1xf32>, %2: tensor<4xf32>, %3: tensor<8xf32>, %4:
    tensor<8xf32>, %5: tensor<8xf32>, %6: tensor<8xf32>, %7: tensor<1x8x1x1xf32>, %8: tensor<1xf32>, %9:
    tensor<1xf32>, %10: tensor<1xf32>, %11: tensor<1xf32>, %12: tensor<1xf32>) {
  // expected-error@+2 {{'subspace_attention' needs a conv_dws.bias of shape [8], got [4] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.subspace_attention %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12
      {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>, subspaces = 1 : i64, eps =
       1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>, tensor<8x1x1x1xf32>, tensor<4xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>,
         tensor<8xf32>, tensor<1x8x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @eps(%0: tensor<1x8x6x6xf32>, %1: tensor<8x1x1x1xf32>, %2: tensor<8xf32>, %3: tensor<8xf32>, %4:
    tensor<8xf32>, %5: tensor<8xf32>, %6: tensor<8xf32>, %7: tensor<1x8x1x1xf32>, %8: tensor<1xf32>, %9:
    tensor<1xf32>, %10: tensor<1xf32>, %11: tensor<1xf32>, %12: tensor<1xf32>) {
  // expected-error@+2 {{'subspace_attention' needs eps of at least 0, got -1 [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.subspace_attention %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12
      {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>, subspaces = 1 : i64, eps = -1.0
       : f64}
      : (tensor<1x8x6x6xf32>, tensor<8x1x1x1xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>,
         tensor<8xf32>, tensor<1x8x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>) -> tensor<1x8x6x6xf32>
  return
}
