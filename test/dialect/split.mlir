// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'split' survives printing; the result types are the inferred ones.

// Equal parts.
// CHECK-LABEL: @parts(
// CHECK: lathe.split %
// CHECK-SAME: -> (tensor<?x4x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @parts(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r:2 = lathe.split %0 {parts = 2 : i64, axis = 1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> (tensor<?x4x6x6xf32, #lathe.dims<"batch", "",
         "", "">>, tensor<?x4x6x6xf32, #lathe.dims<"batch", "", "", "">>)
  return
}

// Parts of given sizes.
// CHECK-LABEL: @sizes(
// CHECK: lathe.split %
// CHECK-SAME: -> (tensor<?x1x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @sizes(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r:2 = lathe.split %0 {sizes = array<i64: 1, 7>, axis = 1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> (tensor<?x1x6x6xf32, #lathe.dims<"batch", "",
         "", "">>, tensor<?x7x6x6xf32, #lathe.dims<"batch", "", "", "">>)
  return
}

// Of a dimension that divides.
// CHECK-LABEL: @symbolic(
// CHECK: lathe.split %
// CHECK-SAME: -> (tensor<?xf32, #lathe.dims<"batch">>
func.func @symbolic(%0: tensor<?xf32, #lathe.dims<"2*batch">>) {
  %r:2 = lathe.split %0 {parts = 2 : i64, axis = 0 : i64}
      : (tensor<?xf32, #lathe.dims<"2*batch">>) -> (tensor<?xf32, #lathe.dims<"batch">>, tensor<?xf32,
         #lathe.dims<"batch">>)
  return
}
