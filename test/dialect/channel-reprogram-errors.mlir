// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'channel_reprogram' is checked and named.

func.func @rank(%x: tensor<2x5x5xf32>, %w: tensor<2x1x3x3xf32>) {
  // expected-error@+2 {{'channel_reprogram' needs an input [N, C, H, W] with static channels, got [2, 5, 5] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.channel_reprogram %x, %w : (tensor<2x5x5xf32>, tensor<2x1x3x3xf32>) -> tensor<2x5x5xf32>
  return
}

// -----

func.func @even(%x: tensor<1x2x5x5xf32>, %w: tensor<2x1x2x2xf32>) {
  // expected-error@+2 {{'channel_reprogram' needs filters [C, 1, k, k] of an odd extent, got [2, 1, 2, 2] for 2 channels [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.channel_reprogram %x, %w : (tensor<1x2x5x5xf32>, tensor<2x1x2x2xf32>) -> tensor<1x2x5x5xf32>
  return
}

// -----

func.func @scale(%x: tensor<1x2x5x5xf32>, %w: tensor<2x1x3x3xf32>, %a: tensor<1x3x1x1xf32>) {
  // expected-error@+2 {{[C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.channel_reprogram %x, %w, %a : (tensor<1x2x5x5xf32>, tensor<2x1x3x3xf32>, tensor<1x3x1x1xf32>) -> tensor<1x2x5x5xf32>
  return
}
