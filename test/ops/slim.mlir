// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// A convolution of 2 to 3 channels at smaller widths; test/golden runs widths that an input chooses.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // Both inputs, the first two outputs of three, with a bias: 1 + 2·10 + 100, 3 + 4·10 + 200.
  // CHECK: [121]
  // CHECK: [243]
  %x = arith.constant dense<[[[[1.0]], [[10.0]]]]> : tensor<1x2x1x1xf32>
  %w = arith.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]], [[[5.0]], [[6.0]]]]> : tensor<3x2x1x1xf32>
  %b = arith.constant dense<[100.0, 200.0, 300.0]> : tensor<3xf32>
  %r0 = lathe.slim %x, %w, %b {dilation = array<i64: 1, 1>, eps = 0.0 : f64, padding = array<i64: 0, 0, 0, 0>,
      padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = [2],
      operandSegmentSizes = array<i32: 1, 0, 1, 1, 0, 0, 0, 0>}
      : (tensor<1x2x1x1xf32>, tensor<3x2x1x1xf32>, tensor<3xf32>) -> tensor<1x2x1x1xf32>
  %p0 = tensor.cast %r0 : tensor<1x2x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // One input of two, one output of three, and the first channel of a batch norm of two: 10·(7·1 - 3)/2 + 1.
  // CHECK: [21]
  %y = arith.constant dense<[[[[7.0]]]]> : tensor<1x1x1x1xf32>
  %gain = arith.constant dense<[10.0, 99.0]> : tensor<2xf32>
  %shift = arith.constant dense<[1.0, 99.0]> : tensor<2xf32>
  %mean = arith.constant dense<[3.0, 99.0]> : tensor<2xf32>
  %var = arith.constant dense<[4.0, 99.0]> : tensor<2xf32>
  %r1 = lathe.slim %y, %w, %gain, %shift, %mean, %var {dilation = array<i64: 1, 1>, eps = 0.0 : f64,
      padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>,
      used = [1], operandSegmentSizes = array<i32: 1, 0, 1, 0, 1, 1, 1, 1>}
      : (tensor<1x1x1x1xf32>, tensor<3x2x1x1xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
      -> tensor<1x1x1x1xf32>
  %p1 = tensor.cast %r1 : tensor<1x1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  return
}
