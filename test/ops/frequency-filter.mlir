// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Masks that can be told by eye, in place of learned ones.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // W₂ = 0, b₂ = 1: a mask of ones, and the image comes back twice.
  // CHECK: [2, 4]
  // CHECK: [6, 8]
  %x0 = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %w0 = arith.constant dense<0.0> : tensor<2x1x1x1xf32>
  %b0 = arith.constant dense<0.0> : tensor<2x1x1xf32>
  %u0 = arith.constant dense<0.0> : tensor<2x1x1x1xf32>
  %c0 = arith.constant dense<[[[1.0]], [[0.0]]]> : tensor<2x1x1xf32>
  %r0 = lathe.frequency_filter %x0, %w0, %b0, %u0, %c0
      {blocks = 1 : i64, act = #lathe<activation_kind relu>, softshrink = 0.0 : f64}
      : (tensor<1x1x2x2xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>) ->
         tensor<1x1x2x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // b₂ = i in the columns 0 and W/2: purely imaginary, nothing is added.
  // CHECK: [1, 2]
  // CHECK: [3, 4]
  %x1 = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %w1 = arith.constant dense<0.0> : tensor<2x1x1x1xf32>
  %b1 = arith.constant dense<0.0> : tensor<2x1x1xf32>
  %u1 = arith.constant dense<0.0> : tensor<2x1x1x1xf32>
  %c1 = arith.constant dense<[[[0.0]], [[1.0]]]> : tensor<2x1x1xf32>
  %r1 = lathe.frequency_filter %x1, %w1, %b1, %u1, %c1
      {blocks = 1 : i64, act = #lathe<activation_kind relu>, softshrink = 0.0 : f64}
      : (tensor<1x1x2x2xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>) ->
         tensor<1x1x2x2xf32>
  %p1_0 = tensor.cast %r1 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // b₂ = i at W = 4: an imaginary mask turns the one inner column by a quarter,
  // cos(2π w/4) into -sin(2π w/4).
  // CHECK: 1, -1, -1, 1
  %x2 = arith.constant dense<[[[[1.0, 0.0, -1.0, 0.0]]]]> : tensor<1x1x1x4xf32>
  %w2 = arith.constant dense<0.0> : tensor<2x1x1x1xf32>
  %b2 = arith.constant dense<0.0> : tensor<2x1x1xf32>
  %u2 = arith.constant dense<0.0> : tensor<2x1x1x1xf32>
  %c2 = arith.constant dense<[[[0.0]], [[1.0]]]> : tensor<2x1x1xf32>
  %r2 = lathe.frequency_filter %x2, %w2, %b2, %u2, %c2
      {blocks = 1 : i64, act = #lathe<activation_kind relu>, softshrink = 0.0 : f64}
      : (tensor<1x1x1x4xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>) ->
         tensor<1x1x1x4xf32>
  %p2_0 = tensor.cast %r2 : tensor<1x1x1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()

  // W₁ = W₂ = 1 with ReLU: the mask is the positive part of the spectrum 1, 1, 1.
  // One pixel: X = 3, M = relu(3), y = 9 + 3.
  // CHECK: 12
  %x3 = arith.constant dense<[[[[3.0]]]]> : tensor<1x1x1x1xf32>
  %w3 = arith.constant dense<[[[[1.0]]], [[[0.0]]]]> : tensor<2x1x1x1xf32>
  %b3 = arith.constant dense<0.0> : tensor<2x1x1xf32>
  %u3 = arith.constant dense<[[[[1.0]]], [[[0.0]]]]> : tensor<2x1x1x1xf32>
  %c3 = arith.constant dense<0.0> : tensor<2x1x1xf32>
  %r3 = lathe.frequency_filter %x3, %w3, %b3, %u3, %c3
      {blocks = 1 : i64, act = #lathe<activation_kind relu>, softshrink = 0.0 : f64}
      : (tensor<1x1x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>) ->
         tensor<1x1x1x1xf32>
  %p3_0 = tensor.cast %r3 : tensor<1x1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p3_0) : (tensor<*xf32>) -> ()
  return
}
