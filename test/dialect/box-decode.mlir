// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'box_decode' survives printing; the result types are the inferred ones. 

// CHECK-LABEL: @main(
// CHECK: lathe.box_decode %
// CHECK-SAME: -> tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>
func.func @main(%0: tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>) {
  %r = lathe.box_decode %0
      : (tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>) -> tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>
  return
}
