// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'channel_reprogram' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @residual(
// CHECK: lathe.channel_reprogram %
// CHECK-SAME: -> tensor<?x2x5x5xf32, #lathe.dims<"batch", "", "", "">>
func.func @residual(%x: tensor<?x2x5x5xf32, #lathe.dims<"batch", "", "", "">>, %w: tensor<2x1x3x3xf32>,
                    %a: tensor<1x2x1x1xf32>) {
  %r = lathe.channel_reprogram %x, %w, %a
      : (tensor<?x2x5x5xf32, #lathe.dims<"batch", "", "", "">>, tensor<2x1x3x3xf32>, tensor<1x2x1x1xf32>)
      -> tensor<?x2x5x5xf32, #lathe.dims<"batch", "", "", "">>
  return
}
