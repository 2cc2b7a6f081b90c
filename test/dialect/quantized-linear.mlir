// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'quantized_linear' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @linear(
// CHECK: lathe.quantized_linear %{{.*}} -> tensor<?x5xf32, #lathe.dims<"tokens", "">>
func.func @linear(%x: tensor<?x64xf32, #lathe.dims<"tokens", "">>, %q: tensor<5x32xi8>, %s: tensor<5x2xf32>) {
  %r = lathe.quantized_linear %x, %q, %s, %s {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0>}
      : (tensor<?x64xf32, #lathe.dims<"tokens", "">>, tensor<5x32xi8>, tensor<5x2xf32>, tensor<5x2xf32>)
        -> tensor<?x5xf32, #lathe.dims<"tokens", "">>
  return
}
