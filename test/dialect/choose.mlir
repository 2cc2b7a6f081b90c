// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'choose' survives printing; its result is one of the options, or a layer of the stack.

// CHECK-LABEL: @choose(
// CHECK: lathe.choose %{{.*}} of %{{.*}}, %{{.*}} : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.choose %{{.*}} of %{{.*}} {stacked} : (tensor<i64>, tensor<3x4xf32>) -> tensor<4xf32>
func.func @choose(%i: tensor<i32>, %j: tensor<i64>, %a: tensor<4xf32>, %b: tensor<4xf32>, %s: tensor<3x4xf32>) {
  %0 = lathe.choose %i of %a, %b : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.choose %j of %s {stacked} : (tensor<i64>, tensor<3x4xf32>) -> tensor<4xf32>
  return
}
