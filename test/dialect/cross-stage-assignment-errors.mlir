// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'cross_stage_assignment' is checked and named.

func.func @boxes(%0: tensor<2x3xi64>, %1: tensor<3x3x4xf32>, %2: tensor<2x4xf32>, %3: tensor<2xi64>) {
  // expected-error@+2 {{'cross_stage_assignment' needs matches [stages, N] and boxes [stages, N, 4], got [2, 3] and [3, 3, 4] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.cross_stage_assignment %0, %1, %2, %3 {classes = 5 : i64, threshold = 0.5 : f64}
      : (tensor<2x3xi64>, tensor<3x3x4xf32>, tensor<2x4xf32>, tensor<2xi64>) -> (tensor<2x3x5xf32>, tensor<2xf32>)
  return
}

// -----

func.func @truths(%0: tensor<2x3xi64>, %1: tensor<2x3x4xf32>, %2: tensor<2x3xf32>, %3: tensor<2xi64>) {
  // expected-error@+2 {{'cross_stage_assignment' needs ground truths [M, 4] of 'f32' and labels [M], got 'tensor<2x3xf32>' and 'tensor<2xi64>' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.cross_stage_assignment %0, %1, %2, %3 {classes = 5 : i64, threshold = 0.5 : f64}
      : (tensor<2x3xi64>, tensor<2x3x4xf32>, tensor<2x3xf32>, tensor<2xi64>) -> (tensor<2x3x5xf32>, tensor<2xf32>)
  return
}

// -----

func.func @classes(%0: tensor<2x3xi64>, %1: tensor<2x3x4xf32>, %2: tensor<2x4xf32>, %3: tensor<2xi64>) {
  // expected-error@+2 {{'cross_stage_assignment' needs classes above 0, got 0 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.cross_stage_assignment %0, %1, %2, %3 {classes = 0 : i64, threshold = 0.5 : f64}
      : (tensor<2x3xi64>, tensor<2x3x4xf32>, tensor<2x4xf32>, tensor<2xi64>) -> (tensor<2x3x5xf32>, tensor<2xf32>)
  return
}
