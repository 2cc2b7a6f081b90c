// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'multigrid_vcycle' survives printing; the result types are the inferred ones.

// Two levels, one iteration at each.
// CHECK-LABEL: @two(
// CHECK: lathe.multigrid_vcycle %
// CHECK-SAME: iterations = [array<i64: 1, 0>, array<i64: 1, 0>]
// CHECK-SAME: -> tensor<?x4x8x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @two(%0: tensor<?x1x8x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<4x1x3x3xf32>, %2: tensor<4x4x3x3xf32>, %3: tensor<1x1x3x3xf32>, %4: tensor<1x4x3x3xf32>, %5: tensor<4x1x3x3xf32>, %6: tensor<4x4x4x4xf32>) {
  %r = lathe.multigrid_vcycle %0, %1, %2, %3, %4, %5, %6
      {operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>, array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<?x1x8x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<4x1x3x3xf32>, tensor<4x4x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x4x3x3xf32>, tensor<4x1x3x3xf32>, tensor<4x4x4x4xf32>) -> tensor<?x4x8x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// Odd sizes, no padding, more channels at the coarse level, biases, residuals, norms and post-smoothing.
// CHECK-LABEL: @all(
// CHECK: lathe.multigrid_vcycle %
// CHECK-SAME: -> tensor<2x3x7x5xf32>
func.func @all(%0: tensor<2x2x7x5xf32>, %1: tensor<3x2x3x3xf32>, %2: tensor<3xf32>, %3: tensor<6x3x3x3xf32>, %4: tensor<4x2x3x3xf32>, %5: tensor<2x3x3x3xf32>, %6: tensor<2xf32>, %7: tensor<4x6x3x3xf32>, %8: tensor<4xf32>, %9: tensor<6x4x3x3xf32>, %10: tensor<6xf32>, %11: tensor<6x3x3x3xf32>, %12: tensor<3x7x5xf32>, %13: tensor<3x7x5xf32>, %14: tensor<2x3x3x3xf32>, %15: tensor<2xf32>, %16: tensor<3x2x3x3xf32>, %17: tensor<3xf32>) {
  %r = lathe.multigrid_vcycle %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17
      {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>,
       iterations = [array<i64: 1, 1>, array<i64: 1, 0>], padding_mode = #lathe<padding_mode reflect>,
       restriction_padding = 0 : i64, eps = 1.000000e-05 : f64}
      : (tensor<2x2x7x5xf32>, tensor<3x2x3x3xf32>, tensor<3xf32>, tensor<6x3x3x3xf32>, tensor<4x2x3x3xf32>, tensor<2x3x3x3xf32>, tensor<2xf32>, tensor<4x6x3x3xf32>, tensor<4xf32>, tensor<6x4x3x3xf32>, tensor<6xf32>, tensor<6x3x3x3xf32>, tensor<3x7x5xf32>, tensor<3x7x5xf32>, tensor<2x3x3x3xf32>, tensor<2xf32>, tensor<3x2x3x3xf32>, tensor<3xf32>) -> tensor<2x3x7x5xf32>
  return
}
