// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'frequency_filter' is checked and named.

func.func @rank(%0: tensor<8x6x6xf32>, %1: tensor<2x2x4x4xf32>, %2: tensor<2x2x4xf32>, %3: tensor<2x2x4x4xf32>, %4:
    tensor<2x2x4xf32>) {
  // expected-error@+2 {{'frequency_filter' needs an input [N, C, H, W], got [8, 6, 6] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.frequency_filter %0, %1, %2, %3, %4
      {blocks = 2 : i64, act = #lathe<activation_kind silu>, softshrink = 1.000000e-02 : f64}
      : (tensor<8x6x6xf32>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>) ->
         tensor<8x6x6xf32>
  return
}

// -----

func.func @blocks(%0: tensor<1x36x6x6xf32>, %1: tensor<2x8x4x4xf32>, %2: tensor<2x8x4xf32>, %3: tensor<2x8x4x4xf32>,
    %4: tensor<2x8x4xf32>) {
  // expected-error@+2 {{'frequency_filter' needs channels divisible by blocks: 36 channels, 8 blocks [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.frequency_filter %0, %1, %2, %3, %4
      {blocks = 8 : i64, act = #lathe<activation_kind silu>, softshrink = 1.000000e-02 : f64}
      : (tensor<1x36x6x6xf32>, tensor<2x8x4x4xf32>, tensor<2x8x4xf32>, tensor<2x8x4x4xf32>, tensor<2x8x4xf32>)
         -> tensor<1x36x6x6xf32>
  return
}

// -----

func.func @dynamic_size(%0: tensor<1x8x?x6xf32, #lathe.dims<"", "", "height", "">>, %1: tensor<2x2x4x4xf32>, %2:
    tensor<2x2x4xf32>, %3: tensor<2x2x4x4xf32>, %4: tensor<2x2x4xf32>) {
  // expected-error@+2 {{'frequency_filter' needs an image of known height and width, got [1, 8, height, 6] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.frequency_filter %0, %1, %2, %3, %4
      {blocks = 2 : i64, act = #lathe<activation_kind silu>, softshrink = 1.000000e-02 : f64}
      : (tensor<1x8x?x6xf32, #lathe.dims<"", "", "height", "">>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>,
         tensor<2x2x4x4xf32>, tensor<2x2x4xf32>) -> tensor<1x8x?x6xf32, #lathe.dims<"", "", "height", "">>
  return
}

// -----

func.func @weight(%0: tensor<1x8x6x6xf32>, %1: tensor<2x2x4x4xf32>, %2: tensor<2x2x4xf32>, %3: tensor<2x4x2x2xf32>,
    %4: tensor<2x4x2xf32>) {
  // expected-error@+2 {{'frequency_filter' needs a w2 of shape [2, 2, 4, 4], got [2, 4, 2, 2] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.frequency_filter %0, %1, %2, %3, %4
      {blocks = 2 : i64, act = #lathe<activation_kind silu>, softshrink = 1.000000e-02 : f64}
      : (tensor<1x8x6x6xf32>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>, tensor<2x4x2x2xf32>, tensor<2x4x2xf32>) ->
         tensor<1x8x6x6xf32>
  return
}

// -----

func.func @softshrink(%0: tensor<1x8x6x6xf32>, %1: tensor<2x2x4x4xf32>, %2: tensor<2x2x4xf32>, %3:
    tensor<2x2x4x4xf32>, %4: tensor<2x2x4xf32>) {
  // expected-error@+2 {{'frequency_filter' needs softshrink of at least 0, got -1 [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.frequency_filter %0, %1, %2, %3, %4
      {blocks = 2 : i64, act = #lathe<activation_kind silu>, softshrink = -1.0 : f64}
      : (tensor<1x8x6x6xf32>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>) ->
         tensor<1x8x6x6xf32>
  return
}

// -----

func.func @activation(%0: tensor<1x8x6x6xf32>, %1: tensor<2x2x4x4xf32>, %2: tensor<2x2x4xf32>, %3:
    tensor<2x2x4x4xf32>, %4: tensor<2x2x4xf32>) {
  // expected-error@+2 {{'frequency_filter' takes no activation with a constant, got elu [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.frequency_filter %0, %1, %2, %3, %4
      {blocks = 2 : i64, act = #lathe<activation_kind elu>, softshrink = 1.000000e-02 : f64}
      : (tensor<1x8x6x6xf32>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>) ->
         tensor<1x8x6x6xf32>
  return
}
