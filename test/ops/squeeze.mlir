// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Dimensions of size 1 dropped.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: sizes = [2]
  // CHECK: [1, 2]
  %x0 = arith.constant dense<[[[1.0], [2.0]]]> : tensor<1x2x1xf32>
  %r0 = lathe.squeeze %x0 {axes = array<i64: 0, -1>}
      : (tensor<1x2x1xf32>) -> tensor<2xf32>
  %p0_0 = tensor.cast %r0 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()
  return
}
