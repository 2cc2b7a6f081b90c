// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-fuse-attention))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-fuse-attention,lathe-fuse-attention))' | FileCheck %s

// Attention is marked for the lowering in one pass; twice is once.

// CHECK-LABEL: func @marked
// CHECK: lathe.attention {{.*}} {causal = true, heads = 4 : i64, kv_heads = 2 : i64, lathe.fused}
func.func @marked(%q: tensor<1x7x32xf32>, %k: tensor<1x9x16xf32>) -> tensor<1x7x32xf32> {
  %y = lathe.attention %q, %k, %k {heads = 4, kv_heads = 2, causal = true}
      : (tensor<1x7x32xf32>, tensor<1x9x16xf32>, tensor<1x9x16xf32>) -> tensor<1x7x32xf32>
  return %y : tensor<1x7x32xf32>
}

// -----

// f64 has no code in one pass, nor have heads that are too wide for the stack.

// CHECK-LABEL: func @kept
// CHECK-NOT: lathe.fused
func.func @kept(%q: tensor<1x7x8xf64>, %w: tensor<1x7x2048xf32>) -> (tensor<1x7x8xf64>, tensor<1x7x2048xf32>) {
  %y = lathe.attention %q, %q, %q {heads = 1, kv_heads = 1, causal = false}
      : (tensor<1x7x8xf64>, tensor<1x7x8xf64>, tensor<1x7x8xf64>) -> tensor<1x7x8xf64>
  %z = lathe.attention %w, %w, %w {heads = 1, kv_heads = 1, causal = false}
      : (tensor<1x7x2048xf32>, tensor<1x7x2048xf32>, tensor<1x7x2048xf32>) -> tensor<1x7x2048xf32>
  return %y, %z : tensor<1x7x8xf64>, tensor<1x7x2048xf32>
}

// -----

// What a spec writes out is one head over all dimensions in front. The factors of the query and of the scores meet in
// one; the bias has what it needs of these dimensions.

// CHECK-LABEL: func @written
// CHECK-SAME: (%[[Q:.*]]: tensor<?x2x5x4xf32, #lathe.dims<"batch", "", "", "">>,
// CHECK-SAME: %[[B:[a-z0-9]*]]: tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>)
// CHECK-DAG: %[[QM:.*]] = lathe.reshape %[[Q]] {shape = ["2*batch", 5, 4]}
// CHECK-DAG: %[[BM:.*]] = lathe.reshape %[[B]] {shape = ["2*batch", 1, 5, 6]}
// CHECK: %[[Y:.*]] = lathe.attention %[[QM]], %{{.*}}, %{{.*}}, %[[BM]]
// CHECK-SAME: heads = 1 : i64, kv_heads = 1 : i64, lathe.fused, scale = 2.500000e-01 : f64
// CHECK: lathe.reshape %[[Y]] {shape = ["batch", 2, 5, 3]}
// CHECK-NOT: lathe.softmax
func.func @written(%q: tensor<?x2x5x4xf32, #lathe.dims<"batch", "", "", "">>,
                   %k: tensor<?x2x6x4xf32, #lathe.dims<"batch", "", "", "">>,
                   %v: tensor<?x2x6x3xf32, #lathe.dims<"batch", "", "", "">>,
                   %b: tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>)
    -> tensor<?x2x5x3xf32, #lathe.dims<"batch", "", "", "">> {
  %h = lathe.binary %q {kind = #lathe<binary_kind mul>, value = 0.5}
      : (tensor<?x2x5x4xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x2x5x4xf32, #lathe.dims<"batch", "", "", "">>
  %s = lathe.matmul %h, %k {transpose_input = false, transpose_other = true}
      : (tensor<?x2x5x4xf32, #lathe.dims<"batch", "", "", "">>, tensor<?x2x6x4xf32, #lathe.dims<"batch", "", "", "">>)
      -> tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>
  %d = lathe.binary %s {kind = #lathe<binary_kind div>, value = 2.0}
      : (tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>
  %a = lathe.binary %b, %d {kind = #lathe<binary_kind add>}
      : (tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>)
      -> tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>
  %p = lathe.softmax %a {axis = 3}
      : (tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>
  %y = lathe.matmul %p, %v {transpose_input = false, transpose_other = false}
      : (tensor<?x2x5x6xf32, #lathe.dims<"batch", "", "", "">>, tensor<?x2x6x3xf32, #lathe.dims<"batch", "", "", "">>)
      -> tensor<?x2x5x3xf32, #lathe.dims<"batch", "", "", "">>
  return %y : tensor<?x2x5x3xf32, #lathe.dims<"batch", "", "", "">>
}

// -----

// A key that lies features by tokens is transposed, and so is such a value; a mask of the keys is a bias for all.

// CHECK-LABEL: func @turned
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x4xf32>, %[[K:.*]]: tensor<2x4x6xf32>, %[[V:.*]]: tensor<2x3x6xf32>, %[[B:.*]]: tensor<6xf32>)
// CHECK-DAG: lathe.transpose %[[K]] {permutation = array<i64: 0, 2, 1>}
// CHECK-DAG: lathe.transpose %[[V]] {permutation = array<i64: 0, 2, 1>}
// CHECK: lathe.attention {{.*}} -> tensor<2x5x3xf32>
func.func @turned(%q: tensor<2x5x4xf32>, %k: tensor<2x4x6xf32>, %v: tensor<2x3x6xf32>, %b: tensor<6xf32>)
    -> tensor<2x5x3xf32> {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = false}
      : (tensor<2x5x4xf32>, tensor<2x4x6xf32>) -> tensor<2x5x6xf32>
  %a = lathe.binary %s, %b {kind = #lathe<binary_kind add>} : (tensor<2x5x6xf32>, tensor<6xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %a {axis = -1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %p, %v {transpose_input = false, transpose_other = true}
      : (tensor<2x5x6xf32>, tensor<2x3x6xf32>) -> tensor<2x5x3xf32>
  return %y : tensor<2x5x3xf32>
}

// -----

// Scores, or weights, that are also used elsewhere must exist.

// CHECK-LABEL: func @used_elsewhere
// CHECK-NOT: lathe.attention
func.func @used_elsewhere(%q: tensor<2x5x4xf32>, %k: tensor<2x6x4xf32>) -> (tensor<2x5x4xf32>, tensor<2x5x6xf32>) {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<2x5x4xf32>, tensor<2x6x4xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %s {axis = -1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %p, %k {transpose_input = false, transpose_other = false}
      : (tensor<2x5x6xf32>, tensor<2x6x4xf32>) -> tensor<2x5x4xf32>
  return %y, %s : tensor<2x5x4xf32>, tensor<2x5x6xf32>
}

// CHECK-LABEL: func @weights_used_elsewhere
// CHECK-NOT: lathe.attention
func.func @weights_used_elsewhere(%q: tensor<2x5x4xf32>, %k: tensor<2x6x4xf32>)
    -> (tensor<2x5x4xf32>, tensor<2x5x6xf32>) {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<2x5x4xf32>, tensor<2x6x4xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %s {axis = -1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %p, %k {transpose_input = false, transpose_other = false}
      : (tensor<2x5x6xf32>, tensor<2x6x4xf32>) -> tensor<2x5x4xf32>
  return %y, %p : tensor<2x5x4xf32>, tensor<2x5x6xf32>
}

// -----

// Weights that are changed on their way, as by a dropout.

// CHECK-LABEL: func @changed_weights
// CHECK-NOT: lathe.attention
func.func @changed_weights(%q: tensor<2x5x4xf32>, %k: tensor<2x6x4xf32>, %m: tensor<2x5x6xf32>) -> tensor<2x5x4xf32> {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<2x5x4xf32>, tensor<2x6x4xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %s {axis = -1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %d = lathe.binary %p, %m {kind = #lathe<binary_kind mul>} : (tensor<2x5x6xf32>, tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %d, %k {transpose_input = false, transpose_other = false}
      : (tensor<2x5x6xf32>, tensor<2x6x4xf32>) -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}

// -----

// A softmax over the queries.

// CHECK-LABEL: func @other_axis
// CHECK-NOT: lathe.attention
func.func @other_axis(%q: tensor<2x5x4xf32>, %k: tensor<2x6x4xf32>) -> tensor<2x5x4xf32> {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<2x5x4xf32>, tensor<2x6x4xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %s {axis = 1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %p, %k {transpose_input = false, transpose_other = false}
      : (tensor<2x5x6xf32>, tensor<2x6x4xf32>) -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}

// -----

// A factor behind the bias, which it scales too.

// CHECK-LABEL: func @scaled_bias
// CHECK-NOT: lathe.attention
func.func @scaled_bias(%q: tensor<2x5x4xf32>, %k: tensor<2x6x4xf32>, %b: tensor<5x6xf32>) -> tensor<2x5x4xf32> {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<2x5x4xf32>, tensor<2x6x4xf32>) -> tensor<2x5x6xf32>
  %a = lathe.binary %s, %b {kind = #lathe<binary_kind add>} : (tensor<2x5x6xf32>, tensor<5x6xf32>) -> tensor<2x5x6xf32>
  %d = lathe.binary %a {kind = #lathe<binary_kind mul>, value = 0.5} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %d {axis = -1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %p, %k {transpose_input = false, transpose_other = false}
      : (tensor<2x5x6xf32>, tensor<2x6x4xf32>) -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}

// -----

// A bias that stretches the scores, keys that stretch over a batch, and a query that is transposed.

// CHECK-LABEL: func @stretched
// CHECK-NOT: lathe.attention
func.func @stretched(%q: tensor<5x4xf32>, %k: tensor<6x4xf32>, %b: tensor<2x5x6xf32>, %v: tensor<2x6x4xf32>)
    -> tensor<2x5x4xf32> {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %a = lathe.binary %s, %b {kind = #lathe<binary_kind add>} : (tensor<5x6xf32>, tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %a {axis = -1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %p, %v {transpose_input = false, transpose_other = false}
      : (tensor<2x5x6xf32>, tensor<2x6x4xf32>) -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}

// CHECK-LABEL: func @shared_keys
// CHECK-NOT: lathe.attention
func.func @shared_keys(%q: tensor<2x5x4xf32>, %k: tensor<6x4xf32>) -> tensor<2x5x4xf32> {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<2x5x4xf32>, tensor<6x4xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %s {axis = -1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %p, %k {transpose_input = false, transpose_other = false}
      : (tensor<2x5x6xf32>, tensor<6x4xf32>) -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}

// CHECK-LABEL: func @turned_query
// CHECK-NOT: lathe.attention
func.func @turned_query(%q: tensor<2x4x5xf32>, %k: tensor<2x6x4xf32>) -> tensor<2x5x4xf32> {
  %s = lathe.matmul %q, %k {transpose_input = true, transpose_other = true}
      : (tensor<2x4x5xf32>, tensor<2x6x4xf32>) -> tensor<2x5x6xf32>
  %p = lathe.softmax %s {axis = -1} : (tensor<2x5x6xf32>) -> tensor<2x5x6xf32>
  %y = lathe.matmul %p, %k {transpose_input = false, transpose_other = false}
      : (tensor<2x5x6xf32>, tensor<2x6x4xf32>) -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}

// -----

// A bias that stretches along some of the dimensions in front needs the heads beside the features.

// CHECK-LABEL: func @bias_by_head
// CHECK-SAME: (%[[Q:.*]]: tensor<3x2x5x4xf32>, %{{.*}}: tensor<3x2x6x4xf32>, %[[B:.*]]: tensor<2x5x6xf32>)
// CHECK: %[[T:.*]] = lathe.transpose %[[Q]] {permutation = array<i64: 0, 2, 1, 3>}
// CHECK: %[[J:.*]] = lathe.reshape %[[T]] {shape = [3, 5, 8]}
// CHECK: %[[Y:.*]] = lathe.attention %[[J]], %{{.*}}, %{{.*}}, %[[B]] {{.*}}heads = 2 : i64, kv_heads = 2 : i64
// CHECK: %[[S:.*]] = lathe.reshape %[[Y]] {shape = [3, 5, 2, 4]}
// CHECK: lathe.transpose %[[S]] {permutation = array<i64: 0, 2, 1, 3>}
func.func @bias_by_head(%q: tensor<3x2x5x4xf32>, %k: tensor<3x2x6x4xf32>, %b: tensor<2x5x6xf32>)
    -> tensor<3x2x5x4xf32> {
  %s = lathe.matmul %q, %k {transpose_input = false, transpose_other = true}
      : (tensor<3x2x5x4xf32>, tensor<3x2x6x4xf32>) -> tensor<3x2x5x6xf32>
  %a = lathe.binary %s, %b {kind = #lathe<binary_kind add>} : (tensor<3x2x5x6xf32>, tensor<2x5x6xf32>) -> tensor<3x2x5x6xf32>
  %p = lathe.softmax %a {axis = -1} : (tensor<3x2x5x6xf32>) -> tensor<3x2x5x6xf32>
  %y = lathe.matmul %p, %k {transpose_input = false, transpose_other = false}
      : (tensor<3x2x5x6xf32>, tensor<3x2x6x4xf32>) -> tensor<3x2x5x4xf32>
  return %y : tensor<3x2x5x4xf32>
}

// -----

// With three dimensions in front there is no such layout.

// CHECK-LABEL: func @bias_by_some
// CHECK-NOT: lathe.attention
func.func @bias_by_some(%q: tensor<1x3x2x5x4xf32>, %b: tensor<2x5x5xf32>) -> tensor<1x3x2x5x4xf32> {
  %s = lathe.matmul %q, %q {transpose_input = false, transpose_other = true}
      : (tensor<1x3x2x5x4xf32>, tensor<1x3x2x5x4xf32>) -> tensor<1x3x2x5x5xf32>
  %a = lathe.binary %s, %b {kind = #lathe<binary_kind add>}
      : (tensor<1x3x2x5x5xf32>, tensor<2x5x5xf32>) -> tensor<1x3x2x5x5xf32>
  %p = lathe.softmax %a {axis = -1} : (tensor<1x3x2x5x5xf32>) -> tensor<1x3x2x5x5xf32>
  %y = lathe.matmul %p, %q {transpose_input = false, transpose_other = false}
      : (tensor<1x3x2x5x5xf32>, tensor<1x3x2x5x4xf32>) -> tensor<1x3x2x5x4xf32>
  return %y : tensor<1x3x2x5x4xf32>
}
