// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'matching_cost' is checked and named.

func.func @boxes(%0: tensor<3x5xf32>, %1: tensor<2x4xf32>, %2: tensor<2x4xf32>, %3: tensor<2xi64>) {
  // expected-error@+2 {{'matching_cost' needs logits [..., N, classes] and boxes [..., N, 4] of one element type, got 'tensor<3x5xf32>' and 'tensor<2x4xf32>' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.matching_cost %0, %1, %2, %3 {image = array<f64: 10.0, 20.0>, alpha = 0.25 : f64, gamma = 2.0 : f64, class_weight = 2.0 : f64,
       box_weight = 5.0 : f64, overlap_weight = 2.0 : f64}
      : (tensor<3x5xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2xi64>) -> tensor<3x2xf32>
  return
}

// -----

func.func @labels(%0: tensor<3x5xf32>, %1: tensor<3x4xf32>, %2: tensor<2x4xf32>, %3: tensor<3xi64>) {
  // expected-error@+2 {{'matching_cost' needs ground truths [M, 4] of 'f32' and labels [M], got 'tensor<2x4xf32>' and 'tensor<3xi64>' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.matching_cost %0, %1, %2, %3 {image = array<f64: 10.0, 20.0>, alpha = 0.25 : f64, gamma = 2.0 : f64, class_weight = 2.0 : f64,
       box_weight = 5.0 : f64, overlap_weight = 2.0 : f64}
      : (tensor<3x5xf32>, tensor<3x4xf32>, tensor<2x4xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  return
}

// -----

func.func @image(%0: tensor<3x5xf32>, %1: tensor<3x4xf32>, %2: tensor<2x4xf32>, %3: tensor<2xi64>) {
  // expected-error@+2 {{'matching_cost' needs an image of two positive numbers, width and height, got [10, 0] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.matching_cost %0, %1, %2, %3 {image = array<f64: 10.0, 0.0>, alpha = 0.25 : f64, gamma = 2.0 : f64, class_weight = 2.0 : f64,
       box_weight = 5.0 : f64, overlap_weight = 2.0 : f64}
      : (tensor<3x5xf32>, tensor<3x4xf32>, tensor<2x4xf32>, tensor<2xi64>) -> tensor<3x2xf32>
  return
}

// -----

func.func @gamma(%0: tensor<3x5xf32>, %1: tensor<3x4xf32>, %2: tensor<2x4xf32>, %3: tensor<2xi64>) {
  // expected-error@+2 {{'matching_cost' needs gamma of at least 0, got -1 [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.matching_cost %0, %1, %2, %3 {image = array<f64: 10.0, 20.0>, alpha = 0.25 : f64, gamma = -1.0 : f64, class_weight = 2.0 : f64,
       box_weight = 5.0 : f64, overlap_weight = 2.0 : f64}
      : (tensor<3x5xf32>, tensor<3x4xf32>, tensor<2x4xf32>, tensor<2xi64>) -> tensor<3x2xf32>
  return
}
