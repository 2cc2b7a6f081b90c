// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// y = x Wᵀ + b

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [1.5, 2, 3]
  // CHECK: [3.5, 4, 7]
  %x0 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %w0 = arith.constant dense<[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]> : tensor<3x2xf32>
  %b0 = arith.constant dense<[0.5, 0.0, 0.0]> : tensor<3xf32>
  %r0 = lathe.linear %x0, %w0, %b0
      : (tensor<2x2xf32>, tensor<3x2xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %p0_0 = tensor.cast %r0 : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()
  return
}
