// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'matching_cost' survives printing; the result types are the inferred ones. 

// CHECK-LABEL: @main(
// CHECK: lathe.matching_cost %
// CHECK-SAME: -> tensor<2x3x?xf32, #lathe.dims<"", "", "truths">>
func.func @main(%0: tensor<2x3x5xf32>, %1: tensor<2x3x4xf32>, %2: tensor<?x4xf32, #lathe.dims<"truths", "">>, %3: tensor<?xi64, #lathe.dims<"truths">>) {
  %r = lathe.matching_cost %0, %1, %2, %3 {image = array<f64: 10.0, 20.0>, alpha = 0.25 : f64, gamma = 2.0 : f64, class_weight = 2.0 : f64,
       box_weight = 5.0 : f64, overlap_weight = 2.0 : f64}
      : (tensor<2x3x5xf32>, tensor<2x3x4xf32>, tensor<?x4xf32, #lathe.dims<"truths", "">>, tensor<?xi64, #lathe.dims<"truths">>) -> tensor<2x3x?xf32, #lathe.dims<"", "", "truths">>
  return
}
