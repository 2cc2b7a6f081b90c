// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Tokens drawn from logits.

func.func private @printMemrefI64(tensor<*xi64>)

func.func private @draw(%x: tensor<2x3xf32>, %t: tensor<f32>, %k: tensor<i32>, %p: tensor<f32>, %s: tensor<i64>,
    %context: !llvm.ptr) -> tensor<2xi64> {
  %r = lathe.sample %x, %t, %k, %p, %s, %s
      : (tensor<2x3xf32>, tensor<f32>, tensor<i32>, tensor<f32>, tensor<i64>, tensor<i64>) -> tensor<2xi64>
  return %r : tensor<2xi64>
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  %x = arith.constant dense<[[1.0, 4.0, 4.0], [3.0, 2.0, 1.0]]> : tensor<2x3xf32>
  %s = arith.constant dense<3> : tensor<i64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %all = arith.constant dense<0> : tensor<i32>
  %single = arith.constant dense<1> : tensor<i32>
  // Temperature 0 takes the most probable, the first of equals.
  // CHECK: [1, 0]
  %a = call @draw(%x, %zero, %all, %one, %s, %context)
      : (tensor<2x3xf32>, tensor<f32>, tensor<i32>, tensor<f32>, tensor<i64>, !llvm.ptr) -> tensor<2xi64>
  %pa = tensor.cast %a : tensor<2xi64> to tensor<*xi64>
  call @printMemrefI64(%pa) : (tensor<*xi64>) -> ()

  // So does one token to draw from.
  // CHECK: [1, 0]
  %b = call @draw(%x, %one, %single, %one, %s, %context)
      : (tensor<2x3xf32>, tensor<f32>, tensor<i32>, tensor<f32>, tensor<i64>, !llvm.ptr) -> tensor<2xi64>
  %pb = tensor.cast %b : tensor<2xi64> to tensor<*xi64>
  call @printMemrefI64(%pb) : (tensor<*xi64>) -> ()

  // What is impossible is not drawn.
  // CHECK: [2, 1]
  %y = arith.constant dense<[[0xFF800000, 0xFF800000, 0.0], [0xFF800000, 0.0, 0xFF800000]]> : tensor<2x3xf32>
  %c = call @draw(%y, %one, %all, %one, %s, %context)
      : (tensor<2x3xf32>, tensor<f32>, tensor<i32>, tensor<f32>, tensor<i64>, !llvm.ptr) -> tensor<2xi64>
  %pc = tensor.cast %c : tensor<2xi64> to tensor<*xi64>
  call @printMemrefI64(%pc) : (tensor<*xi64>) -> ()
  return
}
