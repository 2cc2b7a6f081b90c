// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'fit_scales' survives printing; there are as many results as scales and offsets.

// CHECK-LABEL: @kinds(
// CHECK: lathe.fit_scales %arg0, %arg1 {least = -7 : i64, most = 7 : i64} : (tensor<3x2x32xf32>, tensor<3x2x1xf32>) -> tensor<3x2x1xf32>
// CHECK: lathe.fit_scales %arg0, %arg1, %arg1 {{.*}} -> (tensor<3x2x1xf32>, tensor<3x2x1xf32>)
func.func @kinds(%w: tensor<3x2x32xf32>, %s: tensor<3x2x1xf32>) {
  %0 = lathe.fit_scales %w, %s {least = -7 : i64, most = 7 : i64} : (tensor<3x2x32xf32>, tensor<3x2x1xf32>) -> tensor<3x2x1xf32>
  %1:2 = lathe.fit_scales %w, %s, %s {least = 0 : i64, most = 15 : i64}
      : (tensor<3x2x32xf32>, tensor<3x2x1xf32>, tensor<3x2x1xf32>) -> (tensor<3x2x1xf32>, tensor<3x2x1xf32>)
  return
}
