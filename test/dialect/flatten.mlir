// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'flatten' survives printing; the result types are the inferred ones.

// All but the batch.
// CHECK-LABEL: @image(
// CHECK: lathe.flatten %
// CHECK-SAME: -> tensor<?x288xf32, #lathe.dims<"batch", "">>
func.func @image(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.flatten %0 {start = 1 : i64, end = -1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x288xf32, #lathe.dims<"batch", "">>
  return
}

// With the batch.
// CHECK-LABEL: @batch(
// CHECK: lathe.flatten %
// CHECK-SAME: -> tensor<?x6x6xf32, #lathe.dims<"8*batch", "", "">>
func.func @batch(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.flatten %0 {start = 0 : i64, end = 1 : i64}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x6x6xf32, #lathe.dims<"8*batch", "",
         "">>
  return
}
