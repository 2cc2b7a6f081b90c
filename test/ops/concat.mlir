// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Tensors joined along a dimension, in their order.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [1, 3, 4, 1]
  // CHECK: [2, 5, 6, 2]
  %x0 = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %y0 = arith.constant dense<[[3.0, 4.0], [5.0, 6.0]]> : tensor<2x2xf32>
  %r0 = lathe.concat %x0, %y0, %x0 {axis = 1 : i64}
      : (tensor<2x1xf32>, tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  %p0_0 = tensor.cast %r0 : tensor<2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()
  return
}
