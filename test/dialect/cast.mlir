// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'cast' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @to_bytes(
// CHECK: lathe.cast %
// CHECK-SAME: -> tensor<?x8x6x6xui8, #lathe.dims<"batch", "", "", "">>
func.func @to_bytes(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.cast %0 {to = #lathe<element_kind u8>}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xui8, #lathe.dims<"batch", "",
         "", "">>
  return
}

// CHECK-LABEL: @to_truth(
// CHECK: lathe.cast %
// CHECK-SAME: -> tensor<8xi1>
func.func @to_truth(%0: tensor<8xf32>) {
  %r = lathe.cast %0 {to = #lathe<element_kind bool>}
      : (tensor<8xf32>) -> tensor<8xi1>
  return
}
