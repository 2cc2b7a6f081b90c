// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Rows of the table by the bucket of the distance: of 8 buckets, two exact and two wide ones a direction.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  %x = arith.constant dense<0.0> : tensor<1x4x1xf32>
  %w = arith.constant dense<[[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0]]> : tensor<8x1xf32>
  // Tokens after have the buckets from 4 on; at distance 3 of at most 4 the second wide bucket begins.
  // CHECK: [0, {{ *}}5, {{ *}}6, {{ *}}7]
  // CHECK: [1, {{ *}}0, {{ *}}5, {{ *}}6]
  // CHECK: [2, {{ *}}1, {{ *}}0, {{ *}}5]
  // CHECK: [3, {{ *}}2, {{ *}}1, {{ *}}0]
  %both = lathe.relative_position_bias %x, %w {operandSegmentSizes = array<i32: 1, 0, 1>, max_distance = 4, bidirectional = true}
      : (tensor<1x4x1xf32>, tensor<8x1xf32>) -> tensor<1x1x4x4xf32>
  %p0 = tensor.cast %both : tensor<1x1x4x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // One direction: tokens after count as distance 0. The one query is the last of three tokens.
  // CHECK: [2, {{ *}}1, {{ *}}0]
  %q = arith.constant dense<0.0> : tensor<1x1x1xf32>
  %k = arith.constant dense<0.0> : tensor<1x3x1xf32>
  %w1 = arith.constant dense<[[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0]]> : tensor<8x1xf32>
  %back = lathe.relative_position_bias %q, %k, %w1 {operandSegmentSizes = array<i32: 1, 1, 1>, max_distance = 128, bidirectional = false}
      : (tensor<1x1x1xf32>, tensor<1x3x1xf32>, tensor<8x1xf32>) -> tensor<1x1x1x3xf32>
  %p1 = tensor.cast %back : tensor<1x1x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  return
}
