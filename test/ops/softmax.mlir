// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Exponentials, normalised along one dimension.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // exp(x) is 2, 1, 1.
  // CHECK: [0.5, 0.25, 0.25]
  %x0 = arith.constant dense<[0.69314718, 0.0, 0.0]> : tensor<3xf32>
  %r0 = lathe.softmax %x0 {axis = -1}
      : (tensor<3xf32>) -> tensor<3xf32>
  %p0_0 = tensor.cast %r0 : tensor<3xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // Along the first dimension; large numbers do not overflow.
  // CHECK: [0.5, 0.2]
  // CHECK: [0.5, 0.8]
  %x1 = arith.constant dense<[[1000.0, 0.0], [1000.0, 1.38629436]]> : tensor<2x2xf32>
  %r1 = lathe.softmax %x1 {axis = 0}
      : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %p1_0 = tensor.cast %r1 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()
  return
}
