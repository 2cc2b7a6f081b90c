// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'dequantize' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @kinds(
// CHECK: lathe.dequantize %{{.*}} : (tensor<8x4x3x3xi8>, tensor<8x2xf32>) -> tensor<8x4x3x3xf32>
// CHECK: lathe.dequantize %{{.*}} {operandSegmentSizes = array<i32: 1, 1, 1>, packed} : {{.*}} -> tensor<8x8x3x3xf32>
// CHECK: lathe.dequantize %{{.*}} : (tensor<8x4xbf16>) -> tensor<8x4xf32>
func.func @kinds(%q: tensor<8x4x3x3xi8>, %s: tensor<8x2xf32>, %h: tensor<8x4xbf16>) {
  %0 = lathe.dequantize %q, %s {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<8x4x3x3xi8>, tensor<8x2xf32>) -> tensor<8x4x3x3xf32>
  %1 = lathe.dequantize %q, %s, %s {operandSegmentSizes = array<i32: 1, 1, 1>, packed}
      : (tensor<8x4x3x3xi8>, tensor<8x2xf32>, tensor<8x2xf32>) -> tensor<8x8x3x3xf32>
  %2 = lathe.dequantize %h {operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<8x4xbf16>) -> tensor<8x4xf32>
  return
}
