// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'conv_transpose2d' is checked and named.

func.func @rank(%0: tensor<8x6x6xf32>, %1: tensor<8x4x3x3xf32>) {
  // expected-error@+2 {{'conv_transpose2d' needs an input [N, C, H, W], got [8, 6, 6] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding
       = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<8x6x6xf32>, tensor<8x4x3x3xf32>) -> tensor<4x8x8xf32>
  return
}

// -----

func.func @weight_rank(%0: tensor<1x8x6x6xf32>, %1: tensor<8x4xf32>) {
  // expected-error@+2 {{got [8, 4] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding
       = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<8x4xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @groups(%0: tensor<1x8x6x6xf32>, %1: tensor<8x4x3x3xf32>) {
  // expected-error@+2 {{'conv_transpose2d' needs groups that divide 8 input channels, got 3 groups [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding
       = array<i64: 0, 0>, groups = 3 : i64}
      : (tensor<1x8x6x6xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @channels(%0: tensor<1x8x6x6xf32>, %1: tensor<6x4x3x3xf32>) {
  // expected-error@+2 {{'conv_transpose2d' reads 8 channels, but its weight is [6, 4, 3, 3] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding
       = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<6x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @dilation(%0: tensor<1x8x6x6xf32>, %1: tensor<8x4x3x3xf32>) {
  // expected-error@+2 {{'conv_transpose2d' needs a dilation of two positive numbers, got [1, 0] [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 0>, padding = array<i64: 0, 0, 0, 0>, output_padding
       = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @huge_window(%0: tensor<1x8x6x6xf32>, %1: tensor<8x4x3x3xf32>) {
  // expected-error@+2 {{'conv_transpose2d' has a window larger than 2^30 [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1099511627776, 1>, padding = array<i64: 0, 0, 0, 0>,
       output_padding = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @output_padding(%0: tensor<1x8x6x6xf32>, %1: tensor<8x4x3x3xf32>) {
  // expected-error@+2 {{to less than the larger of stride and dilation, got [2, 0] [C7]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding
       = array<i64: 2, 0>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @bias(%0: tensor<1x8x6x6xf32>, %1: tensor<8x4x3x3xf32>, %2: tensor<8xf32>) {
  // expected-error@+2 {{'conv_transpose2d' gives 4 channels, but its bias is [8] [C8]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1, %2
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding
       = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<8x4x3x3xf32>, tensor<8xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @nothing_left(%0: tensor<1x8x6x6xf32>, %1: tensor<8x4x3x3xf32>) {
  // expected-error@+2 {{'conv_transpose2d' would give the shape [1, 4, 0, 8]: every size must be at least 1}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 4, 0, 4, 0>, output_padding
       = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}
