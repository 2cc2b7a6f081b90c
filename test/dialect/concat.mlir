// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'concat' survives printing; the result types are the inferred ones.

// Sizes along the axis add up.
// CHECK-LABEL: @channels(
// CHECK: lathe.concat %
// CHECK-SAME: -> tensor<?x12x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @channels(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, %1: tensor<?x4x6x6xf32,
    #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.concat %0, %1 {axis = 1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<?x4x6x6xf32, #lathe.dims<"batch", "", "",
         "">>) -> tensor<?x12x6x6xf32, #lathe.dims<"batch", "", "", "">>
  return
}

// Symbolic ones too.
// CHECK-LABEL: @batches(
// CHECK: lathe.concat %
// CHECK-SAME: -> tensor<?x2xf32, #lathe.dims<"batch + 1", "">>
func.func @batches(%0: tensor<?x2xf32, #lathe.dims<"batch", "">>, %1: tensor<1x2xf32>) {
  %r = lathe.concat %0, %1 {axis = 0 : i64}
      : (tensor<?x2xf32, #lathe.dims<"batch", "">>, tensor<1x2xf32>) -> tensor<?x2xf32, #lathe.dims<"batch + 1",
         "">>
  return
}
