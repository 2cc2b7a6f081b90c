// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'slim' and 'leading' survive printing; the result has the channels in use.

module attributes {lathe.dims = {c = array<i64: 2, 4>, i = array<i64: 1, 3>},
                   lathe.dim_sources = {c = {input = "w", values = array<i64: 2, 4>}}} {
// CHECK-LABEL: @slim(
// CHECK: lathe.slim %
// CHECK-SAME: used = ["c"]
// CHECK-SAME: -> tensor<1x?x5x5xf32, #lathe.dims<"", "c", "", "">>
func.func @slim(%x: tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, %n: tensor<i32>, %w: tensor<4x3x1x1xf32>,
                %a: tensor<2xf32>, %b: tensor<4xf32>) {
  %r = lathe.slim %x, %n, %w, %a, %b, %a, %b, %a, %b, %a, %b {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = ["c"], operandSegmentSizes = array<i32: 1, 1, 1, 0, 2, 2, 2, 2>}
      : (tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, tensor<i32>, tensor<4x3x1x1xf32>,
         tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>) -> tensor<1x?x5x5xf32, #lathe.dims<"", "c", "", "">>
  return
}

// CHECK-LABEL: @leading(
// CHECK: lathe.leading %{{.*}} {shape = ["c", 2]} : (tensor<4x3xf32>) -> tensor<?x2xf32, #lathe.dims<"c", "">>
func.func @leading(%w: tensor<4x3xf32>) {
  %r = lathe.leading %w {shape = ["c", 2]} : (tensor<4x3xf32>) -> tensor<?x2xf32, #lathe.dims<"c", "">>
  return
}
}
