// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'dynamic_mix' survives printing; the result types are the inferred ones. The filters of one stage are reused.

// CHECK-LABEL: @main(
// CHECK: lathe.dynamic_mix %
// CHECK-SAME: -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
func.func @main(%0: tensor<1x2x2x4x3xf32>, %1: tensor<1x2x6xf32>, %2: tensor<1x2x2x3x3xf32>, %3: tensor<1x2x2x4x4xf32>, %4: tensor<34x6xf32>, %5: tensor<34xf32>, %6: tensor<14x6xf32>, %7: tensor<14xf32>, %8: tensor<6x24xf32>, %9: tensor<6xf32>, %10: tensor<6xf32>, %11: tensor<6xf32>, %12: tensor<12x6xf32>, %13: tensor<12xf32>, %14: tensor<6x6xf32>, %15: tensor<6xf32>, %16: tensor<4x6xf32>, %17: tensor<4xf32>, %18: tensor<8x6xf32>, %19: tensor<8xf32>, %20: tensor<6x6xf32>, %21: tensor<6xf32>, %22: tensor<6x6xf32>, %23: tensor<6xf32>, %24: tensor<8x6xf32>, %25: tensor<8xf32>) {
  %r:3 = lathe.dynamic_mix %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25 {points = 2 : i64, subpoints = 2 : i64, out_points = 4 : i64, eps = 1.0e-5 : f64,
       operandSegmentSizes = array<i32: 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<1x2x2x4x3xf32>, tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>, tensor<34x6xf32>, tensor<34xf32>, tensor<14x6xf32>, tensor<14xf32>, tensor<6x24xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<12x6xf32>, tensor<12xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<4x6xf32>, tensor<4xf32>, tensor<8x6xf32>, tensor<8xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>, tensor<8x6xf32>, tensor<8xf32>) -> (tensor<1x2x6xf32>, tensor<1x2x2x3x3xf32>, tensor<1x2x2x4x4xf32>)
  return
}
