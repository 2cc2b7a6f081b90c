// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'channel_reprogram' is checked and named.

func.func @rank(%x: tensor<2x5x5xf32>, %w: tensor<2x1x3x3xf32>) {
  // expected-error@+2 {{'channel_reprogram' needs an input [N, C, H, W] with static channels, got [2, 5, 5] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.channel_reprogram %x, %w {operandSegmentSizes = array<i32: 1, 0, 1, 0>} : (tensor<2x5x5xf32>, tensor<2x1x3x3xf32>) -> tensor<2x5x5xf32>
  return
}

// -----

func.func @even(%x: tensor<1x2x5x5xf32>, %w: tensor<2x1x2x2xf32>) {
  // expected-error@+2 {{'channel_reprogram' needs filters of an odd extent, [C, 1, k, k] without a task, got [2, 1, 2, 2] for 2 channels [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.channel_reprogram %x, %w {operandSegmentSizes = array<i32: 1, 0, 1, 0>} : (tensor<1x2x5x5xf32>, tensor<2x1x2x2xf32>) -> tensor<1x2x5x5xf32>
  return
}

// -----

func.func @scale(%x: tensor<1x2x5x5xf32>, %w: tensor<2x1x3x3xf32>, %a: tensor<1x3x1x1xf32>) {
  // expected-error@+2 {{[C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.channel_reprogram %x, %w, %a {operandSegmentSizes = array<i32: 1, 0, 1, 1>} : (tensor<1x2x5x5xf32>, tensor<2x1x3x3xf32>, tensor<1x3x1x1xf32>) -> tensor<1x2x5x5xf32>
  return
}

// -----

func.func @task(%x: tensor<1x2x5x5xf32>, %t: tensor<1xi32>, %w: tensor<3x2x1x3x3xf32>) {
  // expected-error@+2 {{'channel_reprogram' needs a scalar task, got [1] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.channel_reprogram %x, %t, %w {operandSegmentSizes = array<i32: 1, 1, 1, 0>} : (tensor<1x2x5x5xf32>, tensor<1xi32>, tensor<3x2x1x3x3xf32>) -> tensor<1x2x5x5xf32>
  return
}
