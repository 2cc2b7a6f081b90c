// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'attention' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @cached(
// CHECK: lathe.attention %
// CHECK-SAME: -> tensor<2x?x24xf32, #lathe.dims<"", "tokens", "">>
func.func @cached(%q: tensor<2x?x16xf32, #lathe.dims<"", "tokens", "">>,
                  %k: tensor<2x?x8xf32, #lathe.dims<"", "past + tokens", "">>,
                  %v: tensor<2x?x12xf32, #lathe.dims<"", "past + tokens", "">>) {
  %r = lathe.attention %q, %k, %v {heads = 4, kv_heads = 2, causal = true}
      : (tensor<2x?x16xf32, #lathe.dims<"", "tokens", "">>, tensor<2x?x8xf32, #lathe.dims<"", "past + tokens", "">>,
         tensor<2x?x12xf32, #lathe.dims<"", "past + tokens", "">>) -> tensor<2x?x24xf32, #lathe.dims<"", "tokens", "">>
  return
}
