// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'top_k' survives printing; the result types are the inferred ones.

// Places are i64 unless i32 is asked for.
// CHECK-LABEL: @rows(
// CHECK: lathe.top_k %
// CHECK-SAME: -> (tensor<?x2xf32, #lathe.dims<"batch", "">>, tensor<?x2xi64, #lathe.dims<"batch", "">>)
func.func @rows(%0: tensor<?x8xf32, #lathe.dims<"batch", "">>) {
  %r:2 = lathe.top_k %0 {k = 2 : i64, index = #lathe<element_kind i64>}
      : (tensor<?x8xf32, #lathe.dims<"batch", "">>)
      -> (tensor<?x2xf32, #lathe.dims<"batch", "">>, tensor<?x2xi64, #lathe.dims<"batch", "">>)
  return
}

// CHECK-LABEL: @all(
// CHECK: lathe.top_k %
// CHECK-SAME: -> (tensor<3xbf16>, tensor<3xi32>)
func.func @all(%0: tensor<3xbf16>) {
  %r:2 = lathe.top_k %0 {k = 3 : i64, index = #lathe<element_kind i32>} : (tensor<3xbf16>) -> (tensor<3xbf16>, tensor<3xi32>)
  return
}
