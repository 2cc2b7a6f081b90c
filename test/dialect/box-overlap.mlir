// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'box_overlap' survives printing; the result types are the inferred ones. 

// CHECK-LABEL: @main(
// CHECK: lathe.box_overlap %
// CHECK-SAME: -> tensor<?x5x?xf32, #lathe.dims<"batch", "", "truths">>
func.func @main(%0: tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>, %1: tensor<?x4xf32, #lathe.dims<"truths", "">>) {
  %r = lathe.box_overlap %0, %1 {kind = #lathe<overlap_kind iou>, eps = 1.0e-6 : f64}
      : (tensor<?x5x4xf32, #lathe.dims<"batch", "", "">>, tensor<?x4xf32, #lathe.dims<"truths", "">>) -> tensor<?x5x?xf32, #lathe.dims<"batch", "", "truths">>
  return
}
