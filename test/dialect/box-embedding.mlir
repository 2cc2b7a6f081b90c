// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'box_embedding' survives printing; the result types are the inferred ones. 

// CHECK-LABEL: @main(
// CHECK: lathe.box_embedding %
// CHECK-SAME: -> tensor<?x5x16xf32, #lathe.dims<"batch", "", "">>
func.func @main(%0: tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>) {
  %r = lathe.box_embedding %0 {features = 16 : i64, temperature = 10000.0 : f64, extent = 1000.0 : f64}
      : (tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>) -> tensor<?x5x16xf32, #lathe.dims<"batch", "", "">>
  return
}
