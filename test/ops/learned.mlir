// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// The parameter itself.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [1, 2, 3]
  // CHECK-NEXT: [4, 5, 6]
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %r = lathe.learned %w : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %p = tensor.cast %r : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
