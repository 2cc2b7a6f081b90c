// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'attention' is checked and named.

func.func @case0(%q: tensor<3x4xf32>, %k: tensor<1x3x4xf32>) {
  // expected-error@+2 {{'attention' needs query, key and value [N, tokens, features] of one element type, got 'tensor<3x4xf32>', 'tensor<1x3x4xf32>' and 'tensor<1x3x4xf32>' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.attention %q, %k, %k {heads = 2, kv_heads = 2, causal = false} : (tensor<3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @case1(%k: tensor<1x3x4xf32>) {
  // expected-error@+2 {{'attention' needs heads divisible by kv_heads, got 4 and 3 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.attention %k, %k, %k {heads = 4, kv_heads = 3, causal = false} : (tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>) -> tensor<1x3x4xf32>
  return
}

// -----

func.func @case2(%k: tensor<1x3x4xf32>) {
  // expected-error@+2 {{'attention' with 3 heads and 3 of key and value cannot split the features of [1, 3, 4], [1, 3, 4] and [1, 3, 4] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.attention %k, %k, %k {heads = 3, kv_heads = 3, causal = false} : (tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>) -> tensor<1x3x4xf32>
  return
}

// -----

func.func @case3(%k: tensor<1x3x4xf32>, %v: tensor<1x2x4xf32>) {
  // expected-error@+2 {{'attention' has queries [1, 3, 4], keys [1, 3, 4] and values [1, 2, 4] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.attention %k, %k, %v {heads = 2, kv_heads = 2, causal = false} : (tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x2x4xf32>) -> tensor<1x3x4xf32>
  return
}

// -----

func.func @case4(%k: tensor<1x3x4xf32>, %b: tensor<5x3x3xf32>) {
  // expected-error@+2 {{'attention' has scores [1, 2, 3, 3], to which a bias [5, 3, 3] cannot be stretched [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.attention %k, %k, %k, %b {heads = 2, kv_heads = 2, causal = false} : (tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<5x3x3xf32>) -> tensor<1x3x4xf32>
  return
}
