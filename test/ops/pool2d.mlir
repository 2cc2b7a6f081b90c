// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Windows over a 3 by 3 image.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // The maximum; what lies outside is -infinity.
  // CHECK: [-1, -2]
  // CHECK: [-4, -5]
  %x0 = arith.constant dense<[[[[-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0], [-7.0, -8.0, -9.0]]]]> : tensor<1x1x3x3xf32>
  %r0 = lathe.pool2d %x0
      {kind = #lathe<pool_kind max>, kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, ceil_mode = false, count_include_pad = true}
      : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // The average; what lies outside is 0 and counts.
  // CHECK: [-0.25, -1.25]
  // CHECK: [-2.75, -7]
  %x1 = arith.constant dense<[[[[-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0], [-7.0, -8.0, -9.0]]]]> : tensor<1x1x3x3xf32>
  %r1 = lathe.pool2d %x1
      {kind = #lathe<pool_kind average>, kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, ceil_mode = false, count_include_pad = true}
      : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  %p1_0 = tensor.cast %r1 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // The average of what lies inside.
  // CHECK: [-1, -2.5]
  // CHECK: [-5.5, -7]
  %x2 = arith.constant dense<[[[[-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0], [-7.0, -8.0, -9.0]]]]> : tensor<1x1x3x3xf32>
  %r2 = lathe.pool2d %x2
      {kind = #lathe<pool_kind average>, kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, ceil_mode = false, count_include_pad = false}
      : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  %p2_0 = tensor.cast %r2 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()

  // Rounded up: the last window begins at the last pixel. What lies past the
  // padding is no pixel; what lies in it may be one.
  // CHECK: [2, 4, 6, 6]
  // CHECK: [1, 3, 5, 3]
  // CHECK: [1.5, 3, 5, 6]
  %row = arith.constant dense<[[[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]]]> : tensor<1x1x1x6xf32>
  %upMax = lathe.pool2d %row
      {kind = #lathe<pool_kind max>, kernel = array<i64: 1, 3>, stride = array<i64: 1, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 1, 0, 1>, ceil_mode = true, count_include_pad = true}
      : (tensor<1x1x1x6xf32>) -> tensor<1x1x1x4xf32>
  %p_upMax = tensor.cast %upMax : tensor<1x1x1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p_upMax) : (tensor<*xf32>) -> ()
  %upAll = lathe.pool2d %row
      {kind = #lathe<pool_kind average>, kernel = array<i64: 1, 3>, stride = array<i64: 1, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 1, 0, 1>, ceil_mode = true, count_include_pad = true}
      : (tensor<1x1x1x6xf32>) -> tensor<1x1x1x4xf32>
  %p_upAll = tensor.cast %upAll : tensor<1x1x1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p_upAll) : (tensor<*xf32>) -> ()
  %upInside = lathe.pool2d %row
      {kind = #lathe<pool_kind average>, kernel = array<i64: 1, 3>, stride = array<i64: 1, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 1, 0, 1>, ceil_mode = true, count_include_pad = false}
      : (tensor<1x1x1x6xf32>) -> tensor<1x1x1x4xf32>
  %p_upInside = tensor.cast %upInside : tensor<1x1x1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p_upInside) : (tensor<*xf32>) -> ()

  // A window of 2 by 2 over one pixel, and over 3 by 3.
  // CHECK: [7]
  // CHECK: [-3, -4.5]
  // CHECK: [-7.5, -9]
  %pixel = arith.constant dense<7.0> : tensor<1x1x1x1xf32>
  %upPixel = lathe.pool2d %pixel
      {kind = #lathe<pool_kind average>, kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, ceil_mode = true, count_include_pad = true}
      : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %p_upPixel = tensor.cast %upPixel : tensor<1x1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_upPixel) : (tensor<*xf32>) -> ()
  %upImage = lathe.pool2d %x0
      {kind = #lathe<pool_kind average>, kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, ceil_mode = true, count_include_pad = true}
      : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  %p_upImage = tensor.cast %upImage : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p_upImage) : (tensor<*xf32>) -> ()
  return
}
