// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'pool2d' is checked and named.

func.func @rank(%0: tensor<8x6x6xf32>) {
  // expected-error@+2 {{'pool2d' needs an input [N, C, H, W], got [8, 6, 6] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pool2d %0
      {kind = #lathe<pool_kind max>, kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, dilation = array<i64:
       1, 1>, padding = array<i64: 0, 0, 0, 0>, ceil_mode = false, count_include_pad = true}
      : (tensor<8x6x6xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @padding(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'pool2d' takes a padding of at most half its window: 2 pixels, a window of 3 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pool2d %0
      {kind = #lathe<pool_kind max>, kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, dilation = array<i64:
       1, 1>, padding = array<i64: 0, 2, 0, 0>, ceil_mode = false, count_include_pad = true}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @kernel(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'pool2d' needs a kernel of two positive numbers, got [0, 3] [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pool2d %0
      {kind = #lathe<pool_kind max>, kernel = array<i64: 0, 3>, stride = array<i64: 1, 1>, dilation = array<i64:
       1, 1>, padding = array<i64: 0, 0, 0, 0>, ceil_mode = false, count_include_pad = true}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @window(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'pool2d' needs 7 pixels for its window, but 6 + 0 padded pixels are 6 [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pool2d %0
      {kind = #lathe<pool_kind max>, kernel = array<i64: 7, 7>, stride = array<i64: 1, 1>, dilation = array<i64:
       1, 1>, padding = array<i64: 0, 0, 0, 0>, ceil_mode = false, count_include_pad = true}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @ceil(%0: tensor<1x8x6x6xf32>) {
  // expected-error@+2 {{'pool2d' needs 9 pixels for its window, but 6 + 2 padded pixels are 8 [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.pool2d %0
      {kind = #lathe<pool_kind max>, kernel = array<i64: 9, 9>, stride = array<i64: 3, 3>, dilation = array<i64:
       1, 1>, padding = array<i64: 0, 0, 0, 0>, ceil_mode = true, count_include_pad = true}
      : (tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
  return
}
