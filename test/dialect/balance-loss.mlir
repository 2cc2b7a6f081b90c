// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'balance_loss' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @loss(
// CHECK: lathe.balance_loss %
// CHECK-SAME: -> tensor<1xf32>
func.func @loss(%0: tensor<?x6xf32, #lathe.dims<"tokens", "">>) {
  %r = lathe.balance_loss %0 {experts = 4 : i64, top_k = 2 : i64, average_null = true}
      : (tensor<?x6xf32, #lathe.dims<"tokens", "">>) -> tensor<1xf32>
  return
}
