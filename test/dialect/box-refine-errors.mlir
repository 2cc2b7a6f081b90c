// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'box_refine' is checked and named.

func.func @corners(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'box_refine' needs boxes [..., 4], got [2, 3] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_refine %0, %1
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @types(%0: tensor<2x4xf32>, %1: tensor<1x4xf32>) {
  // expected-error@+2 {{'box_refine' needs boxes and offsets of one type, got 'tensor<2x4xf32>' and 'tensor<1x4xf32>' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_refine %0, %1
      : (tensor<2x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  return
}
