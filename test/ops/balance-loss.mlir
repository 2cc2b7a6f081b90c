// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Two tokens, one true expert and two null ones, one pick. The probabilities are
// 3/5, 1/5, 1/5 and 1/5, 3/5, 1/5; means 2/5, 2/5, 1/5; loads 1/2, 1/2, 0.

func.func private @printMemrefF32(tensor<*xf32>)

func.func private @losses(%x: tensor<2x3xf32>, %context: !llvm.ptr) -> (tensor<1xf32>, tensor<1xf32>) {
  // One by one: 3 (1/2 · 2/5 + 1/2 · 2/5).
  %a = lathe.balance_loss %x {experts = 1 : i64, top_k = 1 : i64, average_null = false} : (tensor<2x3xf32>) -> tensor<1xf32>
  // With the null experts' mean load 1/4: 3 (1/2 · 2/5 + 1/4 · 2/5 + 1/4 · 1/5).
  %b = lathe.balance_loss %x {experts = 1 : i64, top_k = 1 : i64, average_null = true} : (tensor<2x3xf32>) -> tensor<1xf32>
  return %a, %b : tensor<1xf32>, tensor<1xf32>
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  %x = arith.constant dense<[[1.0986123, 0.0, 0.0], [0.0, 1.0986123, 0.0]]> : tensor<2x3xf32>
  // CHECK: [1.2]
  // CHECK: [1.05]
  %a, %b = call @losses(%x, %context) : (tensor<2x3xf32>, !llvm.ptr) -> (tensor<1xf32>, tensor<1xf32>)
  %pa = tensor.cast %a : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%pa) : (tensor<*xf32>) -> ()
  %pb = tensor.cast %b : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%pb) : (tensor<*xf32>) -> ()
  return
}
