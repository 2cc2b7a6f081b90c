// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'level_sample' survives printing; the result types are the inferred ones. Two levels.

// CHECK-LABEL: @main(
// CHECK: lathe.level_sample %
// CHECK-SAME: -> tensor<?x3x2x4x4xf32, #lathe.dims<"batch", "", "", "", "">>
func.func @main(%0: tensor<?x3x8xf32, #lathe.dims<"batch", "", "">>, %1: tensor<?x3x4xf32, #lathe.dims<"batch", "", "">>, %2: tensor<?x8x6x5xf32, #lathe.dims<"batch", "", "", "">>, %3: tensor<?x8x3x3xf32, #lathe.dims<"batch", "", "", "">>, %4: tensor<12x8xf32>, %5: tensor<12xf32>, %6: tensor<6x8xf32>, %7: tensor<6xf32>) {
  %r = lathe.level_sample %0, %1, %2, %3, %4, %5, %6, %7 {groups = 2 : i64, points = 2 : i64, subpoints = 2 : i64, strides = array<i64: 4, 8>}
      : (tensor<?x3x8xf32, #lathe.dims<"batch", "", "">>, tensor<?x3x4xf32, #lathe.dims<"batch", "", "">>, tensor<?x8x6x5xf32, #lathe.dims<"batch", "", "", "">>, tensor<?x8x3x3xf32, #lathe.dims<"batch", "", "", "">>, tensor<12x8xf32>, tensor<12xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x3x2x4x4xf32, #lathe.dims<"batch", "", "", "", "">>
  return
}
