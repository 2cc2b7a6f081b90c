// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'channel_mask', 'hybrid_sparse_mask', 'mask_loss' and 'identity_loss' is checked and named.

func.func @case0(%m: tensor<3xf32>) {
  // expected-error@+2 {{'channel_mask' has a mask [1, 1, features], got [3] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.channel_mask %m : (tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @case1(%x: tensor<f32>, %m: tensor<1x1x3xf32>) {
  // expected-error@+2 {{'hybrid_sparse_mask' has the axis -1, but the tensor has 0 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0>} : (tensor<f32>, tensor<1x1x3xf32>) -> tensor<f32>
  return
}

// -----

func.func @case2(%x: tensor<1x3xf32>, %m: tensor<1x1x3xf32>, %v: tensor<2x3xf32>) {
  // expected-error@+2 {{'hybrid_sparse_mask' has only one of u and v [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x, %m, %v {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0>} : (tensor<1x3xf32>, tensor<1x1x3xf32>, tensor<2x3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @case3(%x: tensor<1x3xf32>) {
  // expected-error@+2 {{needs one mask, got none: with 'shared: true', give 'mask' [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 0>} : (tensor<1x3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @case4(%x: tensor<1x3xf32>, %m: tensor<1x1x4xf32>) {
  // expected-error@+2 {{'hybrid_sparse_mask' masks 3 features, but its mask is [1, 1, 4] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0>} : (tensor<1x3xf32>, tensor<1x1x4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @case5(%x: tensor<1x3xf32>, %m: tensor<1x1x3xf32>) {
  // expected-error@+2 {{'hybrid_sparse_mask' has only one of step and steps [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0>, step = 1} : (tensor<1x3xf32>, tensor<1x1x3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @case6(%x: tensor<1x3xf32>, %m: tensor<1x1x3xf32>) {
  // expected-error@+2 {{'hybrid_sparse_mask' needs 0 <= step <= steps and steps >= 2, got 9 of 8 [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0>, step = 9, steps = 8} : (tensor<1x3xf32>, tensor<1x1x3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @case7(%m: tensor<1x1x3xf32>) {
  // expected-error@+2 {{'mask_loss' needs a target of at least 1, got 0 [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.mask_loss %m {target = 0} : (tensor<1x1x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @case8(%v: tensor<3xf32>) {
  // expected-error@+2 {{'identity_loss' needs a matrix v, got [3] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.identity_loss %v : (tensor<3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @scale(%x: tensor<1x3xf32>, %m: tensor<1x1x3xf32>, %s: tensor<1x4xf32>) {
  // expected-error@+2 {{[C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x, %m, %s {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0>} : (tensor<1x3xf32>, tensor<1x1x3xf32>, tensor<1x4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @dynamic(%x: tensor<2x?xf32, #lathe.dims<"", "tokens">>, %m: tensor<1x1x4xf32>) {
  // expected-error@+2 {{'hybrid_sparse_mask' needs channels of a static number, got [2, tokens] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0>}
      : (tensor<2x?xf32, #lathe.dims<"", "tokens">>, tensor<1x1x4xf32>) -> tensor<2x?xf32, #lathe.dims<"", "tokens">>
  return
}

// -----

func.func @corrected(%x: tensor<3x4xf32>, %m: tensor<1x1x3xf32>, %v: tensor<1x3xf32>, %u: tensor<3x1xf32>) {
  // expected-error@+2 {{'hybrid_sparse_mask' corrects the last dimension only, not 0 of [3, 4]: say 'rank: 0' [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.hybrid_sparse_mask %x, %m, %v, %u {axis = 0 : i64, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0>}
      : (tensor<3x4xf32>, tensor<1x1x3xf32>, tensor<1x3xf32>, tensor<3x1xf32>) -> tensor<3x4xf32>
  return
}
