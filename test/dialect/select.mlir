// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'select' survives printing; the result types are the inferred ones.

// All three shapes meet.
// CHECK-LABEL: @broadcast(
// CHECK: lathe.select %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @broadcast(%0: tensor<?x1x1x1xi1, #lathe.dims<"batch", "", "", "">>, %1: tensor<8x1x1xf32>, %2:
    tensor<1x8x6x6xf32>) {
  %r = lathe.select %0, %1, %2
      : (tensor<?x1x1x1xi1, #lathe.dims<"batch", "", "", "">>, tensor<8x1x1xf32>, tensor<1x8x6x6xf32>) ->
         tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}
