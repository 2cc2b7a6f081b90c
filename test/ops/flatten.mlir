// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Neighbouring dimensions made one.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [1, 2, 3, 4, 5, 6]
  %x0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %r0 = lathe.flatten %x0 {start = 0 : i64, end = 1 : i64}
      : (tensor<2x3xf32>) -> tensor<6xf32>
  %p0_0 = tensor.cast %r0 : tensor<6xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()
  return
}
