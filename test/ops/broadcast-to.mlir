// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Sizes of 1 stretched, dimensions added in front.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [1, 1, 1]
  // CHECK: [2, 2, 2]
  // CHECK: [1, 1, 1]
  // CHECK: [2, 2, 2]
  %x0 = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %r0 = lathe.broadcast_to %x0 {shape = [2, -1, 3]}
      : (tensor<2x1xf32>) -> tensor<2x2x3xf32>
  %p0_0 = tensor.cast %r0 : tensor<2x2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()
  return
}
