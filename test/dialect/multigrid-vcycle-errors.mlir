// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'multigrid_vcycle' is checked and named.

func.func @rank(%0: tensor<1x8x8xf32>, %1: tensor<4x1x3x3xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' needs an input [N, C, H, W] of which only N is dynamic, got [1, 8, 8] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @dynamic(%0: tensor<1x1x?x8xf32, #lathe.dims<"", "", "h", "">>, %1: tensor<4x1x3x3xf32>) {
  // expected-error@+2 {{of which only N is dynamic, got [1, 1, h, 8] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x?x8xf32, #lathe.dims<"", "", "h", "">>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @levels(%0: tensor<1x1x8x8xf32>, %1: tensor<4x1x3x3xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' needs 1 to 64 levels with iterations [pre, post] of at least 0, and of at least [1, 0] at the finest, got [] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @guess(%0: tensor<1x1x8x8xf32>, %1: tensor<4x1x3x3xf32>) {
  // expected-error@+2 {{at the finest, got [array<i64: 0, 0>] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 0, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @count(%0: tensor<1x1x8x8xf32>, %1: tensor<4x1x3x3xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' needs 1 of Pi.weight, got 0 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>, array<i64: 0, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @smoothers(%0: tensor<1x1x8x6xf32>, %1: tensor<4x1x3x3xf32>, %2: tensor<4x4x3x3xf32>, %3: tensor<1x1x3x3xf32>, %4: tensor<1x4x3x3xf32>, %5: tensor<4x1x3x3xf32>, %6: tensor<4x4x4x4xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' needs 2 of A.weight, got 1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1, %2, %3, %4, %5, %6
      {operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>, array<i64: 2, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x8x6xf32>, tensor<4x1x3x3xf32>, tensor<4x4x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x4x3x3xf32>, tensor<4x1x3x3xf32>, tensor<4x4x4x4xf32>) -> tensor<1x4x8x6xf32>
  return
}

// -----

func.func @biases(%0: tensor<1x1x8x6xf32>, %1: tensor<4x1x3x3xf32>, %2: tensor<4xf32>, %3: tensor<4x4x3x3xf32>, %4: tensor<1x1x3x3xf32>, %5: tensor<1x4x3x3xf32>, %6: tensor<4x1x3x3xf32>, %7: tensor<4x4x4x4xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' needs 1 of A.bias, got 0 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1, %2, %3, %4, %5, %6, %7
      {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>, array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x8x6xf32>, tensor<4x1x3x3xf32>, tensor<4xf32>, tensor<4x4x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x4x3x3xf32>, tensor<4x1x3x3xf32>, tensor<4x4x4x4xf32>) -> tensor<1x4x8x6xf32>
  return
}

// -----

func.func @shape(%0: tensor<1x1x8x8xf32>, %1: tensor<4x1x5x5xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' needs a layer0.0.S.weight of shape [4, 1, 3, 3], got [4, 1, 5, 5] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x8x8xf32>, tensor<4x1x5x5xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @prolongation(%0: tensor<1x1x7x6xf32>, %1: tensor<4x1x3x3xf32>, %2: tensor<4x4x3x3xf32>, %3: tensor<1x1x3x3xf32>, %4: tensor<1x4x3x3xf32>, %5: tensor<4x1x3x3xf32>, %6: tensor<4x4x4x4xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' needs a RTlayers.weight of shape [4, 4, 3, 4], got [4, 4, 4, 4] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1, %2, %3, %4, %5, %6
      {operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>, array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x7x6xf32>, tensor<4x1x3x3xf32>, tensor<4x4x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x4x3x3xf32>, tensor<4x1x3x3xf32>, tensor<4x4x4x4xf32>) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @restriction(%0: tensor<1x1x8x8xf32>, %1: tensor<4x1x3x3xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' pads by 0 or 1, not by 2 [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 2 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @pixels(%0: tensor<1x1x1x8xf32>, %1: tensor<4x1x3x3xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' has 1x8 pixels at level 0, but its convolutions need 2; use fewer levels or a larger input [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>], padding_mode = #lathe<padding_mode reflect>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x1x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x1x8xf32>
  return
}

// -----

func.func @unpadded(%0: tensor<1x1x2x8xf32>, %1: tensor<4x1x3x3xf32>, %2: tensor<4x4x3x3xf32>, %3: tensor<1x1x3x3xf32>, %4: tensor<4x4x4x4xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' has 2x8 pixels at level 0, but its convolutions need 3}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1, %2, %3, %4
      {operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>, array<i64: 0, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 0 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x2x8xf32>, tensor<4x1x3x3xf32>, tensor<4x4x3x3xf32>, tensor<1x1x3x3xf32>, tensor<4x4x4x4xf32>) -> tensor<1x4x2x8xf32>
  return
}

// -----

func.func @eps(%0: tensor<1x1x8x8xf32>, %1: tensor<4x1x3x3xf32>) {
  // expected-error@+2 {{'multigrid_vcycle' needs eps of at least 0, got -1 [C7]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.multigrid_vcycle %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = -1.000000e+00 : f64}
      : (tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}
