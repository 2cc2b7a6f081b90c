// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'cross_stage_assignment' survives printing; the result types are the inferred ones. 

// CHECK-LABEL: @main(
// CHECK: lathe.cross_stage_assignment %
// CHECK-SAME: -> (tensor<2x?x5xf32, #lathe.dims<"", "queries", "">>, tensor<2xf32>)
func.func @main(%0: tensor<2x?xi64, #lathe.dims<"", "queries">>, %1: tensor<2x?x4xf32, #lathe.dims<"", "queries", "">>, %2: tensor<?x4xf32, #lathe.dims<"truths", "">>, %3: tensor<?xi64, #lathe.dims<"truths">>) {
  %r:2 = lathe.cross_stage_assignment %0, %1, %2, %3 {classes = 5 : i64, threshold = 0.5 : f64}
      : (tensor<2x?xi64, #lathe.dims<"", "queries">>, tensor<2x?x4xf32, #lathe.dims<"", "queries", "">>, tensor<?x4xf32, #lathe.dims<"truths", "">>, tensor<?xi64, #lathe.dims<"truths">>) -> (tensor<2x?x5xf32, #lathe.dims<"", "queries", "">>, tensor<2xf32>)
  return
}
