// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// tau_h ln(IoF + eps), with eps 1: boxes of which a half and all overlaps, and heads of tau 1 and 2.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  %b = arith.constant dense<[[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 2.0, 2.0]]> : tensor<2x4xf32>
  %t = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // CHECK: 0.693147, 0.405465
  // CHECK: 0.693147, 0.693147
  // CHECK: 1.38629, 0.81093
  // CHECK: 1.38629, 1.38629
  %r = lathe.overlap_bias %b, %t {eps = 1.0 : f64} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x2x2xf32>
  %p = tensor.cast %r : tensor<2x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
