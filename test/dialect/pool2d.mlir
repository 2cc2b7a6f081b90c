// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'pool2d' survives printing; the result types are the inferred ones.

// Windows that do not overlap.
// CHECK-LABEL: @halved(
// CHECK: lathe.pool2d %
// CHECK-SAME: -> tensor<?x8x3x3xf32, #lathe.dims<"batch", "", "", "">>
func.func @halved(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.pool2d %0
      {kind = #lathe<pool_kind average>, kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, dilation =
       array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, ceil_mode = false, count_include_pad = true}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x3x3xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}

// Padding keeps the size.
// CHECK-LABEL: @same(
// CHECK: lathe.pool2d %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @same(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.pool2d %0
      {kind = #lathe<pool_kind max>, kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, dilation = array<i64:
       1, 1>, padding = array<i64: 1, 1, 1, 1>, ceil_mode = false, count_include_pad = true}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}

// Rounded up, of a size that is known when running and of a prime one: a window
// that would begin behind the input is none.
// CHECK-LABEL: @ceil(
// CHECK: lathe.pool2d %
// CHECK-SAME: -> tensor<1x8x?x3xf32, #lathe.dims<"", "", "(height - 1)/3 + 1", "">>
func.func @ceil(%0: tensor<1x8x?x7xf32, #lathe.dims<"", "", "height", "">>) {
  %r = lathe.pool2d %0
      {kind = #lathe<pool_kind max>, kernel = array<i64: 2, 3>, stride = array<i64: 3, 3>, dilation = array<i64:
       1, 1>, padding = array<i64: 0, 1, 0, 1>, ceil_mode = true, count_include_pad = true}
      : (tensor<1x8x?x7xf32, #lathe.dims<"", "", "height", "">>) -> tensor<1x8x?x3xf32, #lathe.dims<"", "", "(height - 1)/3 + 1", "">>
  return
}
