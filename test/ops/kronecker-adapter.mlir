// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// y = x Σ A_i ⊗ B_i + b, with B whole and factored.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // A_0 = I, A_1 = [[0, 1], [0, 0]]; B_0 = 2, B_1 = 3: H = [[2, 3], [0, 2]], input by output.
  %x = arith.constant dense<[[1.0, 10.0]]> : tensor<1x2xf32>
  %a = arith.constant dense<[[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]]> : tensor<2x2x2xf32>
  %w = arith.constant dense<[[[2.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %b = arith.constant dense<[0.0, 0.5]> : tensor<2xf32>
  // CHECK: [2, {{ *}}23.5]
  %whole = lathe.kronecker_adapter %x, %a, %w, %b {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 1>}
      : (tensor<1x2xf32>, tensor<2x2x2xf32>, tensor<2x1x1xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %p0 = tensor.cast %whole : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // One term, A = l rᵀ = [1], B = s tᵀ = [[1, 2], [2, 4]].
  // CHECK: [21, {{ *}}42]
  %x1 = arith.constant dense<[[1.0, 10.0]]> : tensor<1x2xf32>
  %l = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %r = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %s = arith.constant dense<[[[1.0], [2.0]]]> : tensor<1x2x1xf32>
  %t = arith.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %factored = lathe.kronecker_adapter %x1, %l, %r, %s, %t {operandSegmentSizes = array<i32: 1, 0, 1, 1, 0, 1, 1, 0>}
      : (tensor<1x2xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x2x1xf32>, tensor<1x1x2xf32>) -> tensor<1x2xf32>
  %p1 = tensor.cast %factored : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  return
}
