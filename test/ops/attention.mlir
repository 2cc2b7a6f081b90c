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

  // A query that sees no key at all has no weights; the other one is as if alone.
  // CHECK: {{-?}}nan]
  // CHECK: [4]
  %q4 = arith.constant dense<1.0> : tensor<1x2x1xf32>
  %v4 = arith.constant dense<4.0> : tensor<1x2x1xf32>
  %hide = arith.constant dense<[[[[0xFF800000, 0xFF800000], [0xFF800000, 0.0]]]]> : tensor<1x1x2x2xf32>
  %hidden = lathe.attention %q4, %q4, %v4, %hide {heads = 1, kv_heads = 1, causal = false}
      : (tensor<1x2x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1xf32>, tensor<1x1x2x2xf32>) -> tensor<1x2x1xf32>
  %p4 = tensor.cast %hidden : tensor<1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p4) : (tensor<*xf32>) -> ()

  // So many queries that lanes run along them: query t has the mean of 0, 1, …, t.
  // CHECK: [1, {{ *}}20, {{ *}}1]
  // CHECK: [0],
  // CHECK: [0.5],
  // CHECK: [1],
  // CHECK: [9.5]
  %q5 = arith.constant dense<0.0> : tensor<1x20x1xf32>
  %v5 = arith.constant dense<[[[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0], [8.0], [9.0], [10.0], [11.0],
      [12.0], [13.0], [14.0], [15.0], [16.0], [17.0], [18.0], [19.0]]]> : tensor<1x20x1xf32>
  %means = lathe.attention %q5, %q5, %v5 {heads = 1, kv_heads = 1, causal = true}
      : (tensor<1x20x1xf32>, tensor<1x20x1xf32>, tensor<1x20x1xf32>) -> tensor<1x20x1xf32>
  %p5 = tensor.cast %means : tensor<1x20x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p5) : (tensor<*xf32>) -> ()
  return
}
