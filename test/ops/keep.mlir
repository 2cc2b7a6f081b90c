// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Places of a dimension, and places put back among zeros or others.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  %x = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>

  // CHECK: [1, {{ *}}3, {{ *}}4]
  // CHECK-NEXT: [5, {{ *}}7, {{ *}}8]
  %k = lathe.keep %x {axis = 1 : i64, places = array<i64: 0, 2, 3>} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  %p0 = tensor.cast %k : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // Neighbours are a slice.
  // CHECK: [5, {{ *}}6, {{ *}}7, {{ *}}8]
  %row = lathe.keep %x {axis = 0 : i64, places = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<1x4xf32>
  %p1 = tensor.cast %row : tensor<1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()

  // CHECK: [0, {{ *}}1, {{ *}}3, {{ *}}0, {{ *}}4]
  // CHECK-NEXT: [0, {{ *}}5, {{ *}}7, {{ *}}0, {{ *}}8]
  %three = lathe.keep %x {axis = 1 : i64, places = array<i64: 0, 2, 3>} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  %s = lathe.spread %three {axis = 1 : i64, places = array<i64: 1, 2, 4>, size = 5 : i64} : (tensor<2x3xf32>) -> tensor<2x5xf32>
  %p2 = tensor.cast %s : tensor<2x5xf32> to tensor<*xf32>
  call @printMemrefF32(%p2) : (tensor<*xf32>) -> ()

  // CHECK: [10, {{ *}}10, {{ *}}10, {{ *}}10]
  // CHECK-NEXT: [1, {{ *}}2, {{ *}}3, {{ *}}4]
  // CHECK-NEXT: [30, {{ *}}30, {{ *}}30, {{ *}}30]
  // CHECK-NEXT: [5, {{ *}}6, {{ *}}7, {{ *}}8]
  %f = arith.constant dense<[10.0, 20.0, 30.0, 40.0]> : tensor<4xf32>
  %o = lathe.spread %x, %f {axis = 0 : i64, places = array<i64: 1, 3>, size = 4 : i64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<4x4xf32>
  %p3 = tensor.cast %o : tensor<4x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p3) : (tensor<*xf32>) -> ()
  return
}
