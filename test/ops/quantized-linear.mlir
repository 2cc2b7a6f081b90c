// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// y = x Wᵀ + b with W as it is stored.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // Two groups a row: W = [[0.5, 1, -2, 4], [-0.5, 0, 0, 127]], and a bias.
  // CHECK: [13.5, 507.5]
  %x = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %q = arith.constant dense<[[1, 2, -1, 2], [-1, 0, 0, 127]]> : tensor<2x4xi8>
  %s = arith.constant dense<[[0.5, 2.0], [0.5, 1.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[1.0, 0.0]> : tensor<2xf32>
  %y = lathe.quantized_linear %x, %q, %s, %b {operandSegmentSizes = array<i32: 1, 1, 1, 0, 1>}
      : (tensor<1x4xf32>, tensor<2x4xi8>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %p0 = tensor.cast %y : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // Two numbers a byte: 15 and 0, 1 and 2 are 15 - 128 and 33 - 128. With the offset -1 and the scale 2, W is
  // [29, -1, 1, 3].
  // CHECK: [42]
  // CHECK-NEXT: [32]
  %z = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0]]> : tensor<2x4xf32>
  %n = arith.constant dense<[[-113, -95]]> : tensor<1x2xi8>
  %t = arith.constant dense<[[2.0]]> : tensor<1x1xf32>
  %o = arith.constant dense<[[-1.0]]> : tensor<1x1xf32>
  %v = lathe.quantized_linear %z, %n, %t, %o {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0>}
      : (tensor<2x4xf32>, tensor<1x2xi8>, tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<2x1xf32>
  %p1 = tensor.cast %v : tensor<2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()

  // CHECK: [6.5]
  %w = arith.constant dense<[[0.5, 3.0, 0.0, 0.0]]> : tensor<1x4xbf16>
  %x2 = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %u = lathe.quantized_linear %x2, %w {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>}
      : (tensor<1x4xf32>, tensor<1x4xbf16>) -> tensor<1x1xf32>
  %p2 = tensor.cast %u : tensor<1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p2) : (tensor<*xf32>) -> ()

  // Rows rounded in groups of two: [1, 2.1] is [60, 127] times 2.1 / 127, and [3, 4] is [95, 127] times 4 / 127; with the
  // scales 1 and 2, 3.09213 + 2 · 6.99213 = 17.0764, where 3.1 + 2 · 7 would be exact. An infinity keeps its sign.
  // CHECK: [17.0764]
  // CHECK-NEXT: [-inf]
  // CHECK-NEXT: [inf]
  // CHECK-NEXT: [nan]
  %x3 = arith.constant dense<[[1.0, 2.1, 3.0, 4.0], [0xFF800000, 1.0, 1.0, 1.0], [1.0, 1.0, 0x7F800000, 1.0], [1.0, 0x7FC00000, 1.0, 1.0]]> : tensor<4x4xf32>
  %q3 = arith.constant dense<[[1, 1, 1, 1]]> : tensor<1x4xi8>
  %s3 = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %r = lathe.quantized_linear %x3, %q3, %s3 {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, rounds_input}
      : (tensor<4x4xf32>, tensor<1x4xi8>, tensor<1x2xf32>) -> tensor<4x1xf32>
  %p3 = tensor.cast %r : tensor<4x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p3) : (tensor<*xf32>) -> ()

  // Rows rounded to bf16, halves to the even one: 1 + 1/256 is 1 and 1 + 3/256 is 1 + 4/256.
  // CHECK: [3.03125]
  // CHECK-NEXT: [-inf]
  // CHECK-NEXT: [nan]
  %x4 = arith.constant dense<[[1.00390625, 1.01171875], [0xFF800000, 1.0], [1.0, 0x7FC00000]]> : tensor<3x2xf32>
  %w4 = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xbf16>
  %h = lathe.quantized_linear %x4, %w4 {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, rounds_input}
      : (tensor<3x2xf32>, tensor<1x2xbf16>) -> tensor<3x1xf32>
  %p4 = tensor.cast %h : tensor<3x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p4) : (tensor<*xf32>) -> ()
  return
}
