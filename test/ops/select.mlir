// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// One of two tensors by a condition, all three broadcast.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [1, 2]
  // CHECK: [-1, -1]
  %c0 = arith.constant dense<[[true], [false]]> : tensor<2x1xi1>
  %x0 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y0 = arith.constant dense<-1.0> : tensor<1xf32>
  %r0 = lathe.select %c0, %x0, %y0
      : (tensor<2x1xi1>, tensor<2xf32>, tensor<1xf32>) -> tensor<2x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()
  return
}
