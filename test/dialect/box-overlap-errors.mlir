// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'box_overlap' is checked and named.

func.func @boxes(%0: tensor<4xf32>, %1: tensor<3x4xf32>) {
  // expected-error@+2 {{'box_overlap' needs boxes [..., N, 4], got [4] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_overlap %0, %1 {kind = #lathe<overlap_kind iou>, eps = 1.0e-6 : f64}
      : (tensor<4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @others(%0: tensor<2x4xf32>, %1: tensor<3x5xf32>) {
  // expected-error@+2 {{'box_overlap' needs others [..., N, 4], got [3, 5] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_overlap %0, %1 {kind = #lathe<overlap_kind iou>, eps = 1.0e-6 : f64}
      : (tensor<2x4xf32>, tensor<3x5xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @elements(%0: tensor<2x4xf32>, %1: tensor<3x4xf16>) {
  // expected-error@+2 {{'box_overlap' needs one element type, got 'f32' and 'f16' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_overlap %0, %1 {kind = #lathe<overlap_kind iou>, eps = 1.0e-6 : f64}
      : (tensor<2x4xf32>, tensor<3x4xf16>) -> tensor<2x3xf32>
  return
}

// -----

func.func @batch(%0: tensor<2x2x4xf32>, %1: tensor<3x2x4xf32>) {
  // expected-error@+2 {{'box_overlap' cannot align [2, 2, 4] with [3, 2, 4] before their last two dimensions [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_overlap %0, %1 {kind = #lathe<overlap_kind iou>, eps = 1.0e-6 : f64}
      : (tensor<2x2x4xf32>, tensor<3x2x4xf32>) -> tensor<2x2x2xf32>
  return
}

// -----

func.func @eps(%0: tensor<2x4xf32>, %1: tensor<3x4xf32>) {
  // expected-error@+2 {{'box_overlap' needs eps of at least 0, got -1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_overlap %0, %1 {kind = #lathe<overlap_kind iou>, eps = -1.0 : f64}
      : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  return
}
