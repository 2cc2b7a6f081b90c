// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Dimensions in another order.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [1, 4]
  // CHECK: [2, 5]
  // CHECK: [3, 6]
  %x0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %r0 = lathe.transpose %x0 {permutation = array<i64: 1, 0>}
      : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<3x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()
  return
}
