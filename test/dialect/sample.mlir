// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'sample' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @row(
// CHECK: lathe.sample %
// CHECK-SAME: -> tensor<2xi64>
func.func @row(%0: tensor<2x50xf32>, %t: tensor<f32>, %k: tensor<i32>, %p: tensor<f32>, %s: tensor<i64>, %c: tensor<i64>) {
  %r = lathe.sample %0, %t, %k, %p, %s, %c
      : (tensor<2x50xf32>, tensor<f32>, tensor<i32>, tensor<f32>, tensor<i64>, tensor<i64>) -> tensor<2xi64>
  return
}
