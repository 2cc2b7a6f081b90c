// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'conv2d' is checked and named.

func.func @rank(%0: tensor<8x6x6xf32>, %1: tensor<16x8x3x3xf32>) {
  // expected-error@+2 {{'conv2d' needs an input [N, C, H, W], got [8, 6, 6] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<8x6x6xf32>, tensor<16x8x3x3xf32>) -> tensor<16x4x4xf32>
  return
}

// -----

func.func @weight_rank(%0: tensor<1x8x6x6xf32>, %1: tensor<16x8xf32>) {
  // expected-error@+2 {{'conv2d' needs a weight [F, C / groups, kernel height, kernel width], got [16, 8] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x8xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @groups(%0: tensor<1x8x6x6xf32>, %1: tensor<16x8x3x3xf32>) {
  // expected-error@+2 {{'conv2d' needs groups that divide 8 input and 16 output channels, got 3 groups [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode =
       #lathe<padding_mode zeros>, groups = 3 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x8x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @channels(%0: tensor<1x8x6x6xf32>, %1: tensor<16x4x3x3xf32>) {
  // expected-error@+2 {{'conv2d' reads 8 channels a group, but its weight is [16, 4, 3, 3] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @stride(%0: tensor<1x8x6x6xf32>, %1: tensor<16x8x3x3xf32>) {
  // expected-error@+2 {{'conv2d' needs a stride of two positive numbers, got [0, 1] [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 0, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x8x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @negative_padding(%0: tensor<1x8x6x6xf32>, %1: tensor<16x8x3x3xf32>) {
  // expected-error@+2 {{of at least 0, got [0, 0, -1, 0] [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, -1, 0>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x8x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @window(%0: tensor<1x8x6x6xf32>, %1: tensor<16x8x7x7xf32>) {
  // expected-error@+2 {{'conv2d' needs 7 pixels for its window, but 6 + 0 padded pixels are 6 [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x8x7x7xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @huge_window(%0: tensor<1x8x6x6xf32>, %1: tensor<16x8x3x3xf32>) {
  // expected-error@+2 {{'conv2d' has a window larger than 2^30 [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 1099511627776, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
       padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x8x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @reflect(%0: tensor<1x8x6x6xf32>, %1: tensor<16x8x3x3xf32>) {
  // expected-error@+2 {{'conv2d' cannot add 6 pixels by reflect padding to a size of 6: at most 5 [C7]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 6, 0, 0, 0>, padding_mode =
       #lathe<padding_mode reflect>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x8x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @bias(%0: tensor<1x8x6x6xf32>, %1: tensor<16x8x3x3xf32>, %2: tensor<8xf32>) {
  // expected-error@+2 {{'conv2d' gives 16 channels, but its bias is [8] [C8]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.conv2d %0, %1, %2
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x8x6x6xf32>, tensor<16x8x3x3xf32>, tensor<8xf32>) -> tensor<1x8x6x6xf32>
  return
}
