// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Softmax of scores; causal attention aligns the ends; a bias of 100 picks a token; heads share keys in groups.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  %q = arith.constant dense<0.0> : tensor<1x2x1xf32>
  %k = arith.constant dense<[[[1.0], [2.0], [3.0]]]> : tensor<1x3x1xf32>
  %v = arith.constant dense<[[[3.0], [6.0], [9.0]]]> : tensor<1x3x1xf32>
  // Equal scores: means. The first query sees two of three keys.
  // CHECK: [4.5]
  // CHECK: [6]
  %causal = lathe.attention %q, %k, %v {heads = 1, kv_heads = 1, causal = true}
      : (tensor<1x2x1xf32>, tensor<1x3x1xf32>, tensor<1x3x1xf32>) -> tensor<1x2x1xf32>
  %p0 = tensor.cast %causal : tensor<1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // CHECK: [3]
  // CHECK: [9]
  %q1 = arith.constant dense<0.0> : tensor<1x2x1xf32>
  %k1 = arith.constant dense<[[[1.0], [2.0], [3.0]]]> : tensor<1x3x1xf32>
  %v1 = arith.constant dense<[[[3.0], [6.0], [9.0]]]> : tensor<1x3x1xf32>
  %bias = arith.constant dense<[[[[100.0, 0.0, 0.0], [0.0, 0.0, 100.0]]]]> : tensor<1x1x2x3xf32>
  %picked = lathe.attention %q1, %k1, %v1, %bias {heads = 1, kv_heads = 1, causal = false}
      : (tensor<1x2x1xf32>, tensor<1x3x1xf32>, tensor<1x3x1xf32>, tensor<1x1x2x3xf32>) -> tensor<1x2x1xf32>
  %p1 = tensor.cast %picked : tensor<1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()

  // Heads 0 and 1 look at the first head of key and value, 2 and 3 at the second.
  // CHECK: [5, {{ *}}5, {{ *}}7, {{ *}}7]
  %q2 = arith.constant dense<1.0> : tensor<1x1x4xf32>
  %k2 = arith.constant dense<1.0> : tensor<1x1x2xf32>
  %v2 = arith.constant dense<[[[5.0, 7.0]]]> : tensor<1x1x2xf32>
  %grouped = lathe.attention %q2, %k2, %v2 {heads = 4, kv_heads = 2, causal = false}
      : (tensor<1x1x4xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>) -> tensor<1x1x4xf32>
  %p2 = tensor.cast %grouped : tensor<1x1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p2) : (tensor<*xf32>) -> ()

  // Scale: scores 2·ln 3 and 0 with the factor ½ weigh 3 : 1.
  // CHECK: [1.5]
  %q3 = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %k3 = arith.constant dense<[[[2.1972246], [0.0]]]> : tensor<1x2x1xf32>
  %v3 = arith.constant dense<[[[2.0], [0.0]]]> : tensor<1x2x1xf32>
  %scaled = lathe.attention %q3, %k3, %v3 {heads = 1, kv_heads = 1, causal = false, scale = 0.5}
      : (tensor<1x1x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1xf32>) -> tensor<1x1x1xf32>
  %p3 = tensor.cast %scaled : tensor<1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p3) : (tensor<*xf32>) -> ()
  return
}
