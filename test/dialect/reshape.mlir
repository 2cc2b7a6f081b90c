// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'reshape' survives printing; the result types are the inferred ones.

// -1 is what remains, 0 the size at the same place.
// CHECK-LABEL: @remainder(
// CHECK: lathe.reshape %
// CHECK-SAME: -> tensor<?x288xf32, #lathe.dims<"batch", "">>
func.func @remainder(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.reshape %0 {shape = [0, -1]}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x288xf32, #lathe.dims<"batch", "">>
  return
}

// A symbolic remainder.
// CHECK-LABEL: @tokens(
// CHECK: lathe.reshape %
// CHECK-SAME: -> tensor<?x8xf32, #lathe.dims<"batch*tokens", "">>
func.func @tokens(%0: tensor<?x?x8xf32, #lathe.dims<"batch", "tokens", "">>) {
  %r = lathe.reshape %0 {shape = [-1, 8]}
      : (tensor<?x?x8xf32, #lathe.dims<"batch", "tokens", "">>) -> tensor<?x8xf32, #lathe.dims<"batch*tokens",
         "">>
  return
}

// A size over named dimensions.
// CHECK-LABEL: @symbolic(
// CHECK: lathe.reshape %
// CHECK-SAME: -> tensor<?x4x36xf32, #lathe.dims<"2*batch", "", "">>
func.func @symbolic(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.reshape %0 {shape = ["2*batch", 4, -1]}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x4x36xf32, #lathe.dims<"2*batch", "",
         "">>
  return
}

// Sums of dimensions cancel before they are multiplied.
// CHECK-LABEL: @heads(
// CHECK: lathe.reshape %
// CHECK-SAME: -> tensor<?x?x2x4xf32, #lathe.dims<"batch", "tokens + 1", "", "">>
func.func @heads(%0: tensor<?x?x8xf32, #lathe.dims<"batch", "tokens + 1", "">>) {
  %r = lathe.reshape %0 {shape = [0, 0, 2, -1]}
      : (tensor<?x?x8xf32, #lathe.dims<"batch", "tokens + 1", "">>) -> tensor<?x?x2x4xf32, #lathe.dims<"batch",
         "tokens + 1", "", "">>
  return
}

// All dimensions can go.
// CHECK-LABEL: @scalar(
// CHECK: lathe.reshape %
// CHECK-SAME: -> tensor<f32>
func.func @scalar(%0: tensor<1x1xf32>) {
  %r = lathe.reshape %0 {shape = []}
      : (tensor<1x1xf32>) -> tensor<f32>
  return
}
