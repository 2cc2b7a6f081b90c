// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'subspace_attention' survives printing; the result types are the inferred ones.

// Two subspaces of four channels.
// CHECK-LABEL: @two(
// CHECK: lathe.subspace_attention %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @two(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<4x1x1x1xf32>, %2:
    tensor<4x1x1x1xf32>, %3: tensor<4xf32>, %4: tensor<4xf32>, %5: tensor<4xf32>, %6: tensor<4xf32>, %7:
    tensor<4xf32>, %8: tensor<4xf32>, %9: tensor<4xf32>, %10: tensor<4xf32>, %11: tensor<4xf32>, %12: tensor<4xf32>,
    %13: tensor<1x4x1x1xf32>, %14: tensor<1x4x1x1xf32>, %15: tensor<1xf32>, %16: tensor<1xf32>, %17: tensor<1xf32>,
    %18: tensor<1xf32>, %19: tensor<1xf32>, %20: tensor<1xf32>, %21: tensor<1xf32>, %22: tensor<1xf32>, %23:
    tensor<1xf32>, %24: tensor<1xf32>) {
  %r = lathe.subspace_attention %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24
      {operandSegmentSizes = array<i32: 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2>, subspaces = 2 : i64, eps =
       1.000000e-05 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<4x1x1x1xf32>, tensor<4x1x1x1xf32>,
         tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>,
         tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<1x4x1x1xf32>, tensor<1x4x1x1xf32>,
         tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch",
         "", "", "">>
  return
}
