// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// The place of the maximum, the first of equals.

func.func private @printMemrefI64(tensor<*xi64>)

func.func @main() {
  // CHECK: [1, 0]
  %x0 = arith.constant dense<[[1.0, 5.0, 5.0], [3.0, 2.0, 1.0]]> : tensor<2x3xf32>
  %r0 = lathe.argmax %x0 {axis = -1 : i64, keepdims = false}
      : (tensor<2x3xf32>) -> tensor<2xi64>
  %p0_0 = tensor.cast %r0 : tensor<2xi64> to tensor<*xi64>
  call @printMemrefI64(%p0_0) : (tensor<*xi64>) -> ()

  // A NaN counts as the maximum.
  // CHECK: [1]
  %x1 = arith.constant dense<[1.0, 0x7FC00000, 5.0]> : tensor<3xf32>
  %r1 = lathe.argmax %x1 {axis = 0 : i64, keepdims = true}
      : (tensor<3xf32>) -> tensor<1xi64>
  %p1_0 = tensor.cast %r1 : tensor<1xi64> to tensor<*xi64>
  call @printMemrefI64(%p1_0) : (tensor<*xi64>) -> ()
  return
}
