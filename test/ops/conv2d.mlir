// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// A window that sums over a 3 by 3 image of 1 to 9.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // Two by two pixels.
  // CHECK: [12, 16]
  // CHECK: [24, 28]
  %x0 = arith.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %w0 = arith.constant dense<1.0> : tensor<1x1x2x2xf32>
  %r0 = lathe.conv2d %x0, %w0
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x1x3x3xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // Zeros around the image, every other pixel, a bias.
  // CHECK: [112, 116]
  // CHECK: [124, 128]
  %x1 = arith.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %w1 = arith.constant dense<1.0> : tensor<1x1x3x3xf32>
  %b1 = arith.constant dense<[100.0]> : tensor<1xf32>
  %r1 = lathe.conv2d %x1, %w1, %b1
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %p1_0 = tensor.cast %r1 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // The image goes on at the opposite edge: every window holds all of it.
  // CHECK: [45, 45, 45]
  %x2 = arith.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %w2 = arith.constant dense<1.0> : tensor<1x1x3x3xf32>
  %r2 = lathe.conv2d %x2, %w2
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode circular>, groups = 1 : i64}
      : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32>
  %p2_0 = tensor.cast %r2 : tensor<1x1x3x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()

  // Taps two pixels apart: the corners.
  // CHECK: 20
  %x3 = arith.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %w3 = arith.constant dense<1.0> : tensor<1x1x2x2xf32>
  %r3 = lathe.conv2d %x3, %w3
      {stride = array<i64: 1, 1>, dilation = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x1x3x3xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>
  %p3_0 = tensor.cast %r3 : tensor<1x1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p3_0) : (tensor<*xf32>) -> ()

  // Two groups, each with a filter of its own.
  // CHECK: 3
  // CHECK: 34
  %x4 = arith.constant dense<[[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]]> : tensor<1x4x1x1xf32>
  %w4 = arith.constant dense<[[[[1.0]], [[1.0]]], [[[10.0]], [[1.0]]]]> : tensor<2x2x1x1xf32>
  %r4 = lathe.conv2d %x4, %w4
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, groups = 2 : i64}
      : (tensor<1x4x1x1xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %p4_0 = tensor.cast %r4 : tensor<1x2x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p4_0) : (tensor<*xf32>) -> ()
  return
}
