// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'level_sample' is checked and named.

func.func @boxes(%0: tensor<1x3x8xf32>, %1: tensor<1x2x4xf32>, %2: tensor<1x8x6x5xf32>, %3: tensor<1x8x3x3xf32>, %4: tensor<12x8xf32>, %5: tensor<12xf32>, %6: tensor<3x8xf32>, %7: tensor<3xf32>) {
  // expected-error@+2 {{'level_sample' needs a query [B, N, D] and boxes [B, N, 4], got [1, 3, 8] and [1, 2, 4] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.level_sample %0, %1, %2, %3, %4, %5, %6, %7 {groups = 2 : i64, points = 2 : i64, subpoints = 1 : i64, strides = array<i64: 4, 8>}
      : (tensor<1x3x8xf32>, tensor<1x2x4xf32>, tensor<1x8x6x5xf32>, tensor<1x8x3x3xf32>, tensor<12x8xf32>, tensor<12xf32>, tensor<3x8xf32>, tensor<3xf32>) -> tensor<1x3x2x2x4xf32>
  return
}

// -----

func.func @groups(%0: tensor<1x3x8xf32>, %1: tensor<1x3x4xf32>, %2: tensor<1x8x6x5xf32>, %3: tensor<1x8x3x3xf32>, %4: tensor<12x8xf32>, %5: tensor<12xf32>, %6: tensor<3x8xf32>, %7: tensor<3xf32>) {
  // expected-error@+2 {{'level_sample' needs groups that divide the features: 8 features, 3 groups [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.level_sample %0, %1, %2, %3, %4, %5, %6, %7 {groups = 3 : i64, points = 2 : i64, subpoints = 1 : i64, strides = array<i64: 4, 8>}
      : (tensor<1x3x8xf32>, tensor<1x3x4xf32>, tensor<1x8x6x5xf32>, tensor<1x8x3x3xf32>, tensor<12x8xf32>, tensor<12xf32>, tensor<3x8xf32>, tensor<3xf32>) -> tensor<1x3x2x2x4xf32>
  return
}

// -----

func.func @points(%0: tensor<1x3x8xf32>, %1: tensor<1x3x4xf32>, %2: tensor<1x8x6x5xf32>, %3: tensor<1x8x3x3xf32>, %4: tensor<12x8xf32>, %5: tensor<12xf32>, %6: tensor<3x8xf32>, %7: tensor<3xf32>) {
  // expected-error@+2 {{'level_sample' needs points above 0, got 0 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.level_sample %0, %1, %2, %3, %4, %5, %6, %7 {groups = 2 : i64, points = 0 : i64, subpoints = 1 : i64, strides = array<i64: 4, 8>}
      : (tensor<1x3x8xf32>, tensor<1x3x4xf32>, tensor<1x8x6x5xf32>, tensor<1x8x3x3xf32>, tensor<12x8xf32>, tensor<12xf32>, tensor<3x8xf32>, tensor<3xf32>) -> tensor<1x3x2x2x4xf32>
  return
}

// -----

func.func @strides(%0: tensor<1x3x8xf32>, %1: tensor<1x3x4xf32>, %2: tensor<1x8x6x5xf32>, %3: tensor<1x8x3x3xf32>, %4: tensor<12x8xf32>, %5: tensor<12xf32>, %6: tensor<3x8xf32>, %7: tensor<3xf32>) {
  // expected-error@+2 {{'level_sample' needs a positive stride for each of 2 levels, got [4] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.level_sample %0, %1, %2, %3, %4, %5, %6, %7 {groups = 2 : i64, points = 2 : i64, subpoints = 1 : i64, strides = array<i64: 4>}
      : (tensor<1x3x8xf32>, tensor<1x3x4xf32>, tensor<1x8x6x5xf32>, tensor<1x8x3x3xf32>, tensor<12x8xf32>, tensor<12xf32>, tensor<3x8xf32>, tensor<3xf32>) -> tensor<1x3x2x2x4xf32>
  return
}

// -----

func.func @level(%0: tensor<1x3x8xf32>, %1: tensor<1x3x4xf32>, %2: tensor<1x8x6x5xf32>, %3: tensor<1x4x3x3xf32>, %4: tensor<12x8xf32>, %5: tensor<12xf32>, %6: tensor<3x8xf32>, %7: tensor<3xf32>) {
  // expected-error@+2 {{'level_sample' needs level 1 to be [1, 8, H, W], got [1, 4, 3, 3] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.level_sample %0, %1, %2, %3, %4, %5, %6, %7 {groups = 2 : i64, points = 2 : i64, subpoints = 1 : i64, strides = array<i64: 4, 8>}
      : (tensor<1x3x8xf32>, tensor<1x3x4xf32>, tensor<1x8x6x5xf32>, tensor<1x4x3x3xf32>, tensor<12x8xf32>, tensor<12xf32>, tensor<3x8xf32>, tensor<3xf32>) -> tensor<1x3x2x2x4xf32>
  return
}

// -----

func.func @parameter(%0: tensor<1x3x8xf32>, %1: tensor<1x3x4xf32>, %2: tensor<1x8x6x5xf32>, %3: tensor<1x8x3x3xf32>, %4: tensor<6x8xf32>, %5: tensor<12xf32>, %6: tensor<3x8xf32>, %7: tensor<3xf32>) {
  // expected-error@+2 {{'level_sample' needs a gen_one_d.0.weight of shape [12, 8], got [6, 8] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.level_sample %0, %1, %2, %3, %4, %5, %6, %7 {groups = 2 : i64, points = 2 : i64, subpoints = 1 : i64, strides = array<i64: 4, 8>}
      : (tensor<1x3x8xf32>, tensor<1x3x4xf32>, tensor<1x8x6x5xf32>, tensor<1x8x3x3xf32>, tensor<6x8xf32>, tensor<12xf32>, tensor<3x8xf32>, tensor<3xf32>) -> tensor<1x3x2x2x4xf32>
  return
}

// -----

func.func @elements(%0: tensor<1x3x8xf32>, %1: tensor<1x3x4xf32>, %2: tensor<1x8x6x5xf16>, %3: tensor<1x8x3x3xf32>, %4: tensor<12x8xf32>, %5: tensor<12xf32>, %6: tensor<3x8xf32>, %7: tensor<3xf32>) {
  // expected-error@+2 {{'level_sample' needs one element type, got 'f32' and 'f16' [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.level_sample %0, %1, %2, %3, %4, %5, %6, %7 {groups = 2 : i64, points = 2 : i64, subpoints = 1 : i64, strides = array<i64: 4, 8>}
      : (tensor<1x3x8xf32>, tensor<1x3x4xf32>, tensor<1x8x6x5xf16>, tensor<1x8x3x3xf32>, tensor<12x8xf32>, tensor<12xf32>, tensor<3x8xf32>, tensor<3xf32>) -> tensor<1x3x2x2x4xf32>
  return
}
