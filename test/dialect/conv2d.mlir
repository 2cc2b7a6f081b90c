// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'conv2d' survives printing; the result types are the inferred ones.

// Padding keeps the size.
// CHECK-LABEL: @same(
// CHECK: lathe.conv2d %
// CHECK-SAME: -> tensor<?x16x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @same(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<16x8x3x3xf32>, %2:
    tensor<16xf32>) {
  %r = lathe.conv2d %0, %1, %2
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<16x8x3x3xf32>, tensor<16xf32>) ->
         tensor<?x16x6x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// One filter a channel, every other pixel.
// CHECK-LABEL: @depthwise(
// CHECK: lathe.conv2d %
// CHECK-SAME: -> tensor<?x8x3x3xf32, #lathe.dims<"batch", "", "", "">>
func.func @depthwise(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<8x1x3x3xf32>) {
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode =
       #lathe<padding_mode circular>, groups = 8 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<8x1x3x3xf32>) -> tensor<?x8x3x3xf32,
         #lathe.dims<"batch", "", "", "">>
  return
}

// A dynamic height gives an expression.
// CHECK-LABEL: @any_size(
// CHECK: lathe.conv2d %
// CHECK-SAME: -> tensor<1x4x?x3xf32, #lathe.dims<"", "", "(height - 1)/2 + 1", "">>
func.func @any_size(%0: tensor<1x8x?x6xf32, #lathe.dims<"", "", "height", "">>, %1: tensor<4x8x3x3xf32>) {
  %r = lathe.conv2d %0, %1
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode =
       #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x8x?x6xf32, #lathe.dims<"", "", "height", "">>, tensor<4x8x3x3xf32>) -> tensor<1x4x?x3xf32,
         #lathe.dims<"", "", "(height - 1)/2 + 1", "">>
  return
}
