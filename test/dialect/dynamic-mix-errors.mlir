// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'dynamic_mix' is checked and named.

func.func @sampled(%0: tensor<1x2x2x12xf32>, %1: tensor<1x2x6xf32>, %2: tensor<50x6xf32>, %3: tensor<50xf32>, %4: tensor<14x6xf32>, %5: tensor<14xf32>, %6: tensor<6x24xf32>, %7: tensor<6xf32>, %8: tensor<6xf32>, %9: tensor<6xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs features [B, N, G, P·K, C] and a query [B, N, D], got [1, 2, 2, 12] and [1, 2, 6] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>}
      : (tensor<1x2x2x12xf32>, tensor<1x2x6xf32>, tensor<50x6xf32>, tensor<50xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @points(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<50x6xf32>, %3: tensor<50xf32>, %4: tensor<14x6xf32>, %5: tensor<14xf32>, %6: tensor<6x24xf32>, %7: tensor<6xf32>, %8: tensor<6xf32>, %9: tensor<6xf32>) {
  // expected-error@+2 {{'dynamic_mix' has 4 sampled places, but points × subpoints is 3 × 2 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9 {points = 3 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<50x6xf32>, tensor<50xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @out_points(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<1x2x2x3x3xf32>, %3: tensor<1x2x2x4x4xf32>, %4: tensor<34x6xf32>, %5: tensor<34xf32>, %6: tensor<16x6xf32>, %7: tensor<16xf32>, %8: tensor<6x30xf32>, %9: tensor<6xf32>, %10: tensor<6xf32>, %11: tensor<6xf32>, %12: tensor<12x6xf32>, %13: tensor<12xf32>, %14: tensor<6x6xf32>, %15: tensor<6xf32>, %16: tensor<4x6xf32>, %17: tensor<4xf32>, %18: tensor<8x6xf32>, %19: tensor<8xf32>, %20: tensor<6x6xf32>, %21: tensor<6xf32>, %22: tensor<6x6xf32>, %23: tensor<6xf32>, %24: tensor<8x6xf32>, %25: tensor<8xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs an even out_points above 0, got 5 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25 {points = 2 : i64, subpoints = 2 : i64, out_points = 5 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>, tensor<34x6xf32>, tensor<34xf32>, tensor<16x6xf32>, tensor<16xf32>, tensor<6x30xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<12x6xf32>, tensor<12xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<4x6xf32>, tensor<4xf32>, tensor<8x6xf32>, tensor<8xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<8x6xf32>, tensor<8xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x5x4xf32>)
  return
}

// -----

func.func @pairs(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<1x2x2x3x3xf32>, %3: tensor<50x6xf32>, %4: tensor<50xf32>, %5: tensor<14x6xf32>, %6: tensor<14xf32>, %7: tensor<6x24xf32>, %8: tensor<6xf32>, %9: tensor<6xf32>, %10: tensor<6xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs a points' filter for each stored filter of channels, got 1 filters [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<50x6xf32>, tensor<50xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @stored(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<1x2x2x3x4xf32>, %3: tensor<1x2x2x4x4xf32>, %4: tensor<34x6xf32>, %5: tensor<34xf32>, %6: tensor<14x6xf32>, %7: tensor<14xf32>, %8: tensor<6x24xf32>, %9: tensor<6xf32>, %10: tensor<6xf32>, %11: tensor<6xf32>, %12: tensor<12x6xf32>, %13: tensor<12xf32>, %14: tensor<6x6xf32>, %15: tensor<6xf32>, %16: tensor<4x6xf32>, %17: tensor<4xf32>, %18: tensor<8x6xf32>, %19: tensor<8xf32>, %20: tensor<6x6xf32>, %21: tensor<6xf32>, %22: tensor<6x6xf32>, %23: tensor<6xf32>, %24: tensor<8x6xf32>, %25: tensor<8xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs the stored filter 0 of channels to be [1, 2, 2, 3, 3], got [1, 2, 2, 3, 4] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<1x2x2x3x4xf32>, tensor<1x2x2x4x4xf32>, tensor<34x6xf32>, tensor<34xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<12x6xf32>, tensor<12xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<4x6xf32>, tensor<4xf32>, tensor<8x6xf32>, tensor<8xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<8x6xf32>, tensor<8xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @rows(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<1x2x2x3x3xf32>, %3: tensor<1x2x2x1x4xf32>, %4: tensor<34x6xf32>, %5: tensor<34xf32>, %6: tensor<14x6xf32>, %7: tensor<14xf32>, %8: tensor<6x24xf32>, %9: tensor<6xf32>, %10: tensor<6xf32>, %11: tensor<6xf32>, %12: tensor<12x6xf32>, %13: tensor<12xf32>, %14: tensor<6x6xf32>, %15: tensor<6xf32>, %16: tensor<4x6xf32>, %17: tensor<4xf32>, %18: tensor<8x6xf32>, %19: tensor<8xf32>, %20: tensor<6x6xf32>, %21: tensor<6xf32>, %22: tensor<6x6xf32>, %23: tensor<6xf32>, %24: tensor<8x6xf32>, %25: tensor<8xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs the stored filter 1 of points to be [1, 2, 2, 2, 4] or more rows, got [1, 2, 2, 1, 4] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x1x4xf32>, tensor<34x6xf32>, tensor<34xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<12x6xf32>, tensor<12xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<4x6xf32>, tensor<4xf32>, tensor<8x6xf32>, tensor<8xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<8x6xf32>, tensor<8xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @parameter(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<50x6xf32>, %3: tensor<50xf32>, %4: tensor<13x6xf32>, %5: tensor<14xf32>, %6: tensor<6x24xf32>, %7: tensor<6xf32>, %8: tensor<6xf32>, %9: tensor<6xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs a mix_bias.weight of shape [14, 6], got [13, 6] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<50x6xf32>, tensor<50xf32>, tensor<13x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @missing(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<1x2x2x3x3xf32>, %3: tensor<1x2x2x4x4xf32>, %4: tensor<34x6xf32>, %5: tensor<34xf32>, %6: tensor<14x6xf32>, %7: tensor<14xf32>, %8: tensor<6x24xf32>, %9: tensor<6xf32>, %10: tensor<6xf32>, %11: tensor<6xf32>, %12: tensor<6x6xf32>, %13: tensor<6xf32>, %14: tensor<4x6xf32>, %15: tensor<4xf32>, %16: tensor<8x6xf32>, %17: tensor<8xf32>, %18: tensor<6x6xf32>, %19: tensor<6xf32>, %20: tensor<6x6xf32>, %21: tensor<6xf32>, %22: tensor<8x6xf32>, %23: tensor<8xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs M_score_list.weight and M_score_list.bias if and only if filters are stored [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>, tensor<34x6xf32>, tensor<34xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<4x6xf32>, tensor<4xf32>, tensor<8x6xf32>, tensor<8xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<8x6xf32>, tensor<8xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @family(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<1x2x2x3x3xf32>, %3: tensor<1x2x2x4x4xf32>, %4: tensor<34x6xf32>, %5: tensor<34xf32>, %6: tensor<14x6xf32>, %7: tensor<14xf32>, %8: tensor<6x24xf32>, %9: tensor<6xf32>, %10: tensor<6xf32>, %11: tensor<6xf32>, %12: tensor<12x6xf32>, %13: tensor<12xf32>, %14: tensor<6x6xf32>, %15: tensor<6xf32>, %16: tensor<4x6xf32>, %17: tensor<4xf32>, %18: tensor<8x6xf32>, %19: tensor<8xf32>, %20: tensor<6x6xf32>, %21: tensor<6x6xf32>, %22: tensor<6xf32>, %23: tensor<6x6xf32>, %24: tensor<6xf32>, %25: tensor<8x6xf32>, %26: tensor<8xf32>) {
  // expected-error@+2 {{'dynamic_mix' reuses the filters of 1 stages, but has 2 weights and 1 biases of axis_atten_list [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>, tensor<34x6xf32>, tensor<34xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<12x6xf32>, tensor<12xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<4x6xf32>, tensor<4xf32>, tensor<8x6xf32>, tensor<8xf32>, tensor<6x6xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<8x6xf32>, tensor<8xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @elements(%0: tensor<1x2x2x4x3xf16>, %1: tensor<1x2x6xf32>, %2: tensor<50x6xf32>, %3: tensor<50xf32>, %4: tensor<14x6xf32>, %5: tensor<14xf32>, %6: tensor<6x24xf32>, %7: tensor<6xf32>, %8: tensor<6xf32>, %9: tensor<6xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs one element type, got 'f32' and 'f16' [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>}
      : (tensor<1x2x2x4x3xf16>, tensor<1x2x6xf32>, tensor<50x6xf32>, tensor<50xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}

// -----

func.func @eps(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<50x6xf32>, %3: tensor<50xf32>, %4: tensor<14x6xf32>, %5: tensor<14xf32>, %6: tensor<6x24xf32>, %7: tensor<6xf32>, %8: tensor<6xf32>, %9: tensor<6xf32>) {
  // expected-error@+2 {{'dynamic_mix' needs eps of at least 0, got -1 [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = -1.0 : f64,
       operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<50x6xf32>, tensor<50xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}
