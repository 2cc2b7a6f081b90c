// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'kronecker_adapter' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @down(
// CHECK: lathe.kronecker_adapter %
// CHECK-SAME: -> tensor<?x24xf32, #lathe.dims<"batch", "">>
func.func @down(%x: tensor<?x768xf32, #lathe.dims<"batch", "">>, %a: tensor<4x4x4xf32>, %s: tensor<4x192x1xf32>,
                %t: tensor<4x1x6xf32>, %b: tensor<24xf32>) {
  %r = lathe.kronecker_adapter %x, %a, %s, %t, %b {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 1, 1, 1>}
      : (tensor<?x768xf32, #lathe.dims<"batch", "">>, tensor<4x4x4xf32>, tensor<4x192x1xf32>, tensor<4x1x6xf32>,
         tensor<24xf32>) -> tensor<?x24xf32, #lathe.dims<"batch", "">>
  return
}
