// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'frequency_filter' survives printing; the result types are the inferred ones.

// The shape stays.
// CHECK-LABEL: @mixer(
// CHECK: lathe.frequency_filter %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @mixer(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<2x2x4x4xf32>, %2:
    tensor<2x2x4xf32>, %3: tensor<2x2x4x4xf32>, %4: tensor<2x2x4xf32>) {
  %r = lathe.frequency_filter %0, %1, %2, %3, %4
      {blocks = 2 : i64, act = #lathe<activation_kind silu>, softshrink = 1.000000e-02 : f64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>,
         tensor<2x2x4x4xf32>, tensor<2x2x4xf32>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// Any size is fine.
// CHECK-LABEL: @one_pixel(
// CHECK: lathe.frequency_filter %
// CHECK-SAME: -> tensor<1x8x1x1xf32>
func.func @one_pixel(%0: tensor<1x8x1x1xf32>, %1: tensor<2x8x1x1xf32>, %2: tensor<2x8x1xf32>, %3: tensor<2x8x1x1xf32>,
    %4: tensor<2x8x1xf32>) {
  %r = lathe.frequency_filter %0, %1, %2, %3, %4
      {blocks = 8 : i64, act = #lathe<activation_kind relu>, softshrink = 1.000000e-02 : f64}
      : (tensor<1x8x1x1xf32>, tensor<2x8x1x1xf32>, tensor<2x8x1xf32>, tensor<2x8x1x1xf32>, tensor<2x8x1xf32>) ->
         tensor<1x8x1x1xf32>
  return
}
