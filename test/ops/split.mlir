// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// A tensor cut along a dimension.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // Parts of given sizes.
  // CHECK: [1]
  // CHECK: [4]
  // CHECK: [2, 3]
  // CHECK: [5, 6]
  %x0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %r0:2 = lathe.split %x0 {sizes = array<i64: 1, 2>, axis = 1 : i64}
      : (tensor<2x3xf32>) -> (tensor<2x1xf32>, tensor<2x2xf32>)
  %p0_0 = tensor.cast %r0#0 : tensor<2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()
  %p0_1 = tensor.cast %r0#1 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_1) : (tensor<*xf32>) -> ()

  // Equal parts.
  // CHECK: 1, 2, 3
  // CHECK: 4, 5, 6
  %x1 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %r1:2 = lathe.split %x1 {parts = 2 : i64, axis = 0 : i64}
      : (tensor<2x3xf32>) -> (tensor<1x3xf32>, tensor<1x3xf32>)
  %p1_0 = tensor.cast %r1#0 : tensor<1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()
  %p1_1 = tensor.cast %r1#1 : tensor<1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_1) : (tensor<*xf32>) -> ()
  return
}
