// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// One channel, norms that change nothing, and maps that can be told by eye.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // DW = 0: attention is even, every one of four pixels gains a quarter.
  // CHECK: [5, 10]
  // CHECK: [15, 20]
  %x0 = arith.constant dense<[[[[4.0, 8.0], [12.0, 16.0]]]]> : tensor<1x1x2x2xf32>
  %dw0 = arith.constant dense<0.0> : tensor<1x1x1x1xf32>
  %z0 = arith.constant dense<0.0> : tensor<1xf32>
  %o0 = arith.constant dense<1.0> : tensor<1xf32>
  %pw0 = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %r0 = lathe.subspace_attention %x0, %dw0, %z0, %o0, %z0, %z0, %o0, %pw0, %z0, %o0, %z0, %z0, %o0
      {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>, subspaces = 1 : i64, eps = 0.0 : f64}
      : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // The pool spreads the one large pixel to its neighbours, not to the far column:
  // attention is a half on each of the two near ones.
  // CHECK: 135, 3, 4
  %x1 = arith.constant dense<[[[[90.0, 2.0, 4.0]]]]> : tensor<1x1x1x3xf32>
  %dw1 = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %z1 = arith.constant dense<0.0> : tensor<1xf32>
  %o1 = arith.constant dense<1.0> : tensor<1xf32>
  %pw1 = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %r1 = lathe.subspace_attention %x1, %dw1, %z1, %o1, %z1, %z1, %o1, %pw1, %z1, %o1, %z1, %z1, %o1
      {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>, subspaces = 1 : i64, eps = 0.0 : f64}
      : (tensor<1x1x1x3xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
         tensor<1xf32>) -> tensor<1x1x1x3xf32>
  %p1_0 = tensor.cast %r1 : tensor<1x1x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()
  return
}
