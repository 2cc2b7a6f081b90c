// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Every pixel adds its window to the output.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // Windows side by side.
  // CHECK: [1, 10, 2, 20]
  // CHECK: [100, 1000, 200, 2000]
  // CHECK: [3, 30, 4, 40]
  // CHECK: [300, 3000, 400, 4000]
  %x0 = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %w0 = arith.constant dense<[[[[1.0, 10.0], [100.0, 1000.0]]]]> : tensor<1x1x2x2xf32>
  %r0 = lathe.conv_transpose2d %x0, %w0
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x4x4xf32>
  %p0_0 = tensor.cast %r0 : tensor<1x1x4x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // Overlapping windows add up.
  // CHECK: [1, 12, 20]
  // CHECK: [103, 1234, 2040]
  // CHECK: [300, 3400, 4000]
  %x1 = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %w1 = arith.constant dense<[[[[1.0, 10.0], [100.0, 1000.0]]]]> : tensor<1x1x2x2xf32>
  %r1 = lathe.conv_transpose2d %x1, %w1
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x3x3xf32>
  %p1_0 = tensor.cast %r1 : tensor<1x1x3x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // Padding takes the first row off, output_padding adds a column, a bias everywhere.
  // CHECK: [100.5, 1000.5, 200.5, 2000.5, 0.5]
  // CHECK: [3.5, 30.5, 4.5, 40.5, 0.5]
  // CHECK: [300.5, 3000.5, 400.5, 4000.5, 0.5]
  %x2 = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %w2 = arith.constant dense<[[[[1.0, 10.0], [100.0, 1000.0]]]]> : tensor<1x1x2x2xf32>
  %b2 = arith.constant dense<[0.5]> : tensor<1xf32>
  %r2 = lathe.conv_transpose2d %x2, %w2, %b2
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 0, 0, 0>, output_padding = array<i64: 0, 1>, groups = 1 : i64}
      : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1xf32>) -> tensor<1x1x3x5xf32>
  %p2_0 = tensor.cast %r2 : tensor<1x1x3x5xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()

  // Two groups.
  // CHECK: 1
  // CHECK: 2
  // CHECK: 6
  // CHECK: 8
  %x3 = arith.constant dense<[[[[1.0]], [[2.0]]]]> : tensor<1x2x1x1xf32>
  %w3 = arith.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]> : tensor<2x2x1x1xf32>
  %r3 = lathe.conv_transpose2d %x3, %w3
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, groups = 2 : i64}
      : (tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) -> tensor<1x4x1x1xf32>
  %p3_0 = tensor.cast %r3 : tensor<1x4x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p3_0) : (tensor<*xf32>) -> ()
  return
}
