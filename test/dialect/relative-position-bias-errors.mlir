// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'relative_position_bias' is checked and named.

func.func @case0(%x: tensor<3xf32>, %w: tensor<8x2xf32>) {
  // expected-error@+2 {{'relative_position_bias' needs tokens [N, T, ...], got [3] and [3] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.relative_position_bias %x, %w {operandSegmentSizes = array<i32: 1, 0, 1>, max_distance = 128, bidirectional = true} : (tensor<3xf32>, tensor<8x2xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @case1(%x: tensor<1x3xf32>, %w: tensor<6x2xf32>) {
  // expected-error@+2 {{'relative_position_bias' needs a table [buckets, heads] with a multiple of 4 buckets, got [6, 2] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.relative_position_bias %x, %w {operandSegmentSizes = array<i32: 1, 0, 1>, max_distance = 128, bidirectional = true} : (tensor<1x3xf32>, tensor<6x2xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @case2(%x: tensor<1x3xf32>, %w: tensor<8x2xf32>) {
  // expected-error@+2 {{'relative_position_bias' needs a max_distance of 3 to 65536, got 2 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.relative_position_bias %x, %w {operandSegmentSizes = array<i32: 1, 0, 1>, max_distance = 2, bidirectional = true} : (tensor<1x3xf32>, tensor<8x2xf32>) -> tensor<1x2x3x3xf32>
  return
}
