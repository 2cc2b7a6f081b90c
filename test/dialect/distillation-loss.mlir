// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'distillation_loss' survives printing; the result types are the inferred ones.

// Fewer channels than the teacher has.
// CHECK-LABEL: @channels(
// CHECK: lathe.distillation_loss %
// CHECK-SAME: -> tensor<?x6x5x5xf32, #lathe.dims<"batch", "", "", "">>
func.func @channels(%0: tensor<?x6x5x5xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<?x8x5x5xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction none>}
      : (tensor<?x6x5x5xf32, #lathe.dims<"batch", "", "", "">>, tensor<?x8x5x5xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x6x5x5xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// A loss a pixel.
// CHECK-LABEL: @pixels(
// CHECK: lathe.distillation_loss %
// CHECK-SAME: -> tensor<?x5x5xf16, #lathe.dims<"batch", "", "">>
func.func @pixels(%0: tensor<?x6x5x5xf16, #lathe.dims<"batch", "", "", "">>, %1: tensor<?x6x5x5xf16, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind kl>, axis = 1 : i64, temperature = 4.0 : f64, reduction = #lathe<loss_reduction none>}
      : (tensor<?x6x5x5xf16, #lathe.dims<"batch", "", "", "">>, tensor<?x6x5x5xf16, #lathe.dims<"batch", "", "", "">>) -> tensor<?x5x5xf16, #lathe.dims<"batch", "", "">>
  return
}

// A width that the input chooses.
// CHECK-LABEL: @slim(
// CHECK: lathe.distillation_loss %
// CHECK-SAME: -> tensor<1xf32>
module @widths attributes {lathe.dims = {width = array<i64: 1, 8>}} {
  func.func @slim(%0: tensor<2x?xf32, #lathe.dims<"", "width">>, %1: tensor<2x8xf32>) {
    %r = lathe.distillation_loss %0, %1
        {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
        : (tensor<2x?xf32, #lathe.dims<"", "width">>, tensor<2x8xf32>) -> tensor<1xf32>
    return
  }
}
