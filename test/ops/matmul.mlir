// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// y = a b for each place of the dimensions before; operands may be transposed, sizes of 1 stretch.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  %a = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]> : tensor<2x3xf32>
  // CHECK: [1, 2, 3]
  // CHECK: [3, 4, 7]
  %r0 = lathe.matmul %a, %b {transpose_input = false, transpose_other = false}
      : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %p0 = tensor.cast %r0 : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // CHECK: [1, 3, 4]
  // CHECK: [2, 4, 6]
  %r1 = lathe.matmul %a, %b {transpose_input = true, transpose_other = false}
      : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %p1 = tensor.cast %r1 : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()

  // Two first operands, one transposed second for both.
  // CHECK: [5, 11]
  // CHECK: [0.5, 1]
  %c = arith.constant dense<[[[1.0, 2.0]], [[0.5, 0.0]]]> : tensor<2x1x2xf32>
  %d = arith.constant dense<[[[1.0, 2.0], [2.0, 4.5]]]> : tensor<1x2x2xf32>
  %r2 = lathe.matmul %c, %d {transpose_input = false, transpose_other = true}
      : (tensor<2x1x2xf32>, tensor<1x2x2xf32>) -> tensor<2x1x2xf32>
  %p2 = tensor.cast %r2 : tensor<2x1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p2) : (tensor<*xf32>) -> ()
  return
}
