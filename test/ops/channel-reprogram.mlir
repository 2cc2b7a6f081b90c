// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// A filter a channel behind a frozen layer: plain, and in the residual form with the second of two tasks.

func.func private @printMemrefF32(tensor<*xf32>)

// Stands for the runtime's function.
func.func @latheReportIndex(%context: !llvm.ptr, %event: i64, %index: i64, %bound: i64) {
  return
}

// The last argument of an entry is its context.
func.func private @chosen(%x: tensor<1x2x1x2xf32>, %task: tensor<i32>, %w: tensor<2x2x1x1x1xf32>,
                          %a: tensor<2x1x2x1x1xf32>, %context: !llvm.ptr) -> tensor<1x2x1x2xf32> {
  %chosen_w = lathe.choose %task of %w {stacked} : (tensor<i32>, tensor<2x2x1x1x1xf32>) -> tensor<2x1x1x1xf32>
  %chosen_a = lathe.choose %task of %a {stacked} : (tensor<i32>, tensor<2x1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %r = lathe.channel_reprogram %x, %chosen_w, %chosen_a
      : (tensor<1x2x1x2xf32>, tensor<2x1x1x1xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x1x2xf32>
  return %r : tensor<1x2x1x2xf32>
}

func.func @main() {
  %x = arith.constant dense<[[[[1.0, 2.0]], [[3.0, 4.0]]]]> : tensor<1x2x1x2xf32>
  %w = arith.constant dense<[[[[2.0]]], [[[10.0]]]]> : tensor<2x1x1x1xf32>
  // CHECK: [2, {{ *}}4]
  // CHECK: [30, {{ *}}40]
  %plain = lathe.channel_reprogram %x, %w
      : (tensor<1x2x1x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x1x2xf32>
  %p0 = tensor.cast %plain : tensor<1x2x1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // Task 1 of 2, residual: x + A ⊙ (w x) = x (1 + A w), with A = [1, 0.5] and w = [3, 4].
  // CHECK: [4, {{ *}}8]
  // CHECK: [9, {{ *}}12]
  %y = arith.constant dense<[[[[1.0, 2.0]], [[3.0, 4.0]]]]> : tensor<1x2x1x2xf32>
  %task = arith.constant dense<1> : tensor<i32>
  %ws = arith.constant dense<[[[[[2.0]]], [[[10.0]]]], [[[[3.0]]], [[[4.0]]]]]> : tensor<2x2x1x1x1xf32>
  %as = arith.constant dense<[[[[[7.0]], [[7.0]]]], [[[[1.0]], [[0.5]]]]]> : tensor<2x1x2x1x1xf32>
  %context = llvm.mlir.zero : !llvm.ptr
  %chosen = call @chosen(%y, %task, %ws, %as, %context)
      : (tensor<1x2x1x2xf32>, tensor<i32>, tensor<2x2x1x1x1xf32>, tensor<2x1x2x1x1xf32>, !llvm.ptr) -> tensor<1x2x1x2xf32>
  %p1 = tensor.cast %chosen : tensor<1x2x1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  return
}
