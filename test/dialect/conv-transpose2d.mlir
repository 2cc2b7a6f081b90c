// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'conv_transpose2d' survives printing; the result types are the inferred ones.

// The prolongation of a multigrid network.
// CHECK-LABEL: @doubled(
// CHECK: lathe.conv_transpose2d %
// CHECK-SAME: -> tensor<?x4x12x12xf32, #lathe.dims<"batch", "", "", "">>
func.func @doubled(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<8x4x4x4xf32>) {
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, output_padding
       = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<8x4x4x4xf32>) -> tensor<?x4x12x12xf32,
         #lathe.dims<"batch", "", "", "">>
  return
}

// Output channels are those of all groups; output_padding adds a row.
// CHECK-LABEL: @grouped(
// CHECK: lathe.conv_transpose2d %
// CHECK-SAME: -> tensor<?x12x12x11xf32, #lathe.dims<"batch", "", "", "">>
func.func @grouped(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<8x3x3x3xf32>, %2:
    tensor<12xf32>) {
  %r = lathe.conv_transpose2d %0, %1, %2
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, output_padding
       = array<i64: 1, 0>, groups = 4 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<8x3x3x3xf32>, tensor<12xf32>) ->
         tensor<?x12x12x11xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// A dynamic height gives an expression.
// CHECK-LABEL: @any_size(
// CHECK: lathe.conv_transpose2d %
// CHECK-SAME: -> tensor<1x4x?x12xf32, #lathe.dims<"", "", "2*height", "">>
func.func @any_size(%0: tensor<1x8x?x6xf32, #lathe.dims<"", "", "height", "">>, %1: tensor<8x4x2x2xf32>) {
  %r = lathe.conv_transpose2d %0, %1
      {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding
       = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x8x?x6xf32, #lathe.dims<"", "", "height", "">>, tensor<8x4x2x2xf32>) -> tensor<1x4x?x12xf32,
         #lathe.dims<"", "", "2*height", "">>
  return
}
