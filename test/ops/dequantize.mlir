// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// W = s q + o, as an operand of a convolution too, which reads the codes as they are.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // Two groups of two inputs.
  %q = arith.constant dense<[[1, 2, 3, 4], [-1, -2, -3, 127]]> : tensor<2x4xi8>
  %s = arith.constant dense<[[1.0, 10.0], [0.5, 1.0]]> : tensor<2x2xf32>
  // CHECK: [1, 2, 30, 40]
  // CHECK: [-0.5, -1, -3, 127]
  %r0 = lathe.dequantize %q, %s {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x4xi8>, tensor<2x2xf32>) -> tensor<2x4xf32>
  %p0 = tensor.cast %r0 : tensor<2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // Pairs: bytes hold low + 16 high - 128. Without offsets the numbers are from -8 to 7, with them from 0 to 15.
  // -128 is 0 and 0, 127 is 15 and 15, 33 is 1 and 10.
  %b = arith.constant dense<[[-128, 127], [33, -95]]> : tensor<2x2xi8>
  // CHECK: [-8, -8, 70, 70]
  // CHECK: [-3.5, 1, -7, -6]
  %r1 = lathe.dequantize %b, %s {operandSegmentSizes = array<i32: 1, 1, 0>, packed} : (tensor<2x2xi8>, tensor<2x2xf32>) -> tensor<2x4xf32>
  %p1 = tensor.cast %r1 : tensor<2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  %o = arith.constant dense<[[-1.0, 0.0], [1.0, 2.0]]> : tensor<2x2xf32>
  // CHECK: [-1, -1, 150, 150]
  // CHECK: [1.5, 6, 3, 4]
  %r2 = lathe.dequantize %b, %s, %o {operandSegmentSizes = array<i32: 1, 1, 1>, packed}
      : (tensor<2x2xi8>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
  %p2 = tensor.cast %r2 : tensor<2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p2) : (tensor<*xf32>) -> ()

  // Filters of one pixel of four channels, which are 1, 2, 3 and 4.
  %x = arith.constant dense<[[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]]> : tensor<1x4x1x1xf32>
  %f = arith.constant dense<[[[[-128]], [[127]]], [[[33]], [[-95]]]]> : tensor<2x2x1x1xi8>
  // CHECK: {{\[\[\[\[}}1047{{\]\]}}
  // CHECK: {{\[\[}}38.5
  %w = lathe.dequantize %f, %s, %o {operandSegmentSizes = array<i32: 1, 1, 1>, packed}
      : (tensor<2x2x1x1xi8>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4x1x1xf32>
  %r3 = lathe.conv2d %x, %w {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
      padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x4x1x1xf32>, tensor<2x4x1x1xf32>) -> tensor<1x2x1x1xf32>
  %p3 = tensor.cast %r3 : tensor<1x2x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p3) : (tensor<*xf32>) -> ()
  return
}
