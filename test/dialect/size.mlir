// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'size' survives printing; it gives a scalar.

// CHECK-LABEL: @size(
// CHECK: lathe.size {of = ["past + tokens"], to = #lathe<element_kind i32>} : () -> tensor<i32>
// CHECK: lathe.size {of = [7], to = #lathe<element_kind i64>} : () -> tensor<i64>
func.func @size() {
  %0 = lathe.size {of = ["past + tokens"], to = #lathe<element_kind i32>} : () -> tensor<i32>
  %1 = lathe.size {of = [7], to = #lathe<element_kind i64>} : () -> tensor<i64>
  return
}
