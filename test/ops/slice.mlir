// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Every step-th place of a range.

func.func private @printMemrefI32(tensor<*xi32>)

func.func @main() {
  // Places from the end.
  // CHECK: [3, 4, 5]
  %x0 = arith.constant dense<[0, 1, 2, 3, 4, 5, 6]> : tensor<7xi32>
  %r0 = lathe.slice %x0 {axis = 0 : i64, start = -4 : i64, end = -1 : i64, step = 1 : i64}
      : (tensor<7xi32>) -> tensor<3xi32>
  %p0_0 = tensor.cast %r0 : tensor<3xi32> to tensor<*xi32>
  call @printMemrefI32(%p0_0) : (tensor<*xi32>) -> ()

  // Every third.
  // CHECK: [1, 4]
  %x1 = arith.constant dense<[0, 1, 2, 3, 4, 5, 6]> : tensor<7xi32>
  %r1 = lathe.slice %x1 {axis = 0 : i64, start = 1 : i64, step = 3 : i64}
      : (tensor<7xi32>) -> tensor<2xi32>
  %p1_0 = tensor.cast %r1 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p1_0) : (tensor<*xi32>) -> ()
  return
}
