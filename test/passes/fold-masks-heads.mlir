// RUN: lathe-opt %s -split-input-file -lathe-fold-masks | FileCheck %s
// Masks on heads and on hidden features.

// Heads 1 and 2 of 4 are dropped, one of each of two groups: the query's and the output's products shrink, the groups of
// keys and values stay.
lathe.weight @m : tensor<1x1x8xf32> {values = dense<[[[1.0, 1.0, -1.0, -1.0, -1.0, -1.0, 1.0, 1.0]]]> : tensor<1x1x8xf32>}
lathe.weight @q : tensor<8x6xf32>
lathe.weight @o : tensor<6x8xf32>
// CHECK-LABEL: @heads(
// CHECK: %[[Q:.*]] = lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 0, 1, 6, 7>} : (tensor<8x6xf32>)
// CHECK: lathe.linear %arg0, %[[Q]]
// CHECK: lathe.rotary %{{.*}} : (tensor<1x5x4xf32>)
// CHECK: lathe.attention {{.*}}heads = 2 : i64, kv_heads = 2 : i64
// CHECK-SAME: (tensor<1x5x4xf32>, tensor<1x5x4xf32>, tensor<1x5x4xf32>)
// CHECK: %[[O:.*]] = lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 0, 1, 6, 7>} : (tensor<6x8xf32>)
// CHECK: lathe.linear %{{.*}}, %[[O]]
// CHECK-NOT: lathe.spread
func.func @heads(%x: tensor<1x5x6xf32>, %k: tensor<1x5x4xf32>) -> tensor<1x5x6xf32> {
  %m = lathe.parameter @m : tensor<1x1x8xf32>
  %q = lathe.parameter @q : tensor<8x6xf32>
  %o = lathe.parameter @o : tensor<6x8xf32>
  %1 = lathe.linear %x, %q : (tensor<1x5x6xf32>, tensor<8x6xf32>) -> tensor<1x5x8xf32>
  %2 = lathe.rotary %1 {dims = 2 : i64, head_dim = 2 : i64, past = "", style = #lathe<rotary_style halves>, theta = 1.000000e+04 : f64} : (tensor<1x5x8xf32>) -> tensor<1x5x8xf32>
  %3 = lathe.attention %2, %k, %k {causal = true, heads = 4 : i64, kv_heads = 2 : i64} : (tensor<1x5x8xf32>, tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x5x8xf32>
  %4 = lathe.hybrid_sparse_mask %3, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x5x8xf32>, tensor<1x1x8xf32>) -> tensor<1x5x8xf32>
  %5 = lathe.linear %4, %o : (tensor<1x5x8xf32>, tensor<6x8xf32>) -> tensor<1x5x6xf32>
  return %5 : tensor<1x5x6xf32>
}

// -----

// Both heads of the first group are dropped: so are its keys and values, and their caches, in all functions.
module attributes {lathe.dim_order = ["past"], lathe.dims = {past = array<i64: 0, 7>}, lathe.dim_sources = {past = {input = "position"}}} {
  lathe.weight @m : tensor<1x1x8xf32> {values = dense<[[[-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0]]]> : tensor<1x1x8xf32>}
  lathe.weight @o : tensor<6x8xf32>
  // CHECK: lathe.state @keys : tensor<1x8x2xf32>
  lathe.state @keys : tensor<1x8x4xf32>
  // CHECK-LABEL: @first(
  // CHECK: %[[KEPT:.*]] = lathe.keep %arg1 {axis = 2 : i64, places = array<i64: 2, 3>}
  // CHECK: lathe.cache %[[KEPT]]
  // CHECK: lathe.attention {{.*}}heads = 2 : i64, kv_heads = 1 : i64
  func.func @first(%q: tensor<1x1x8xf32>, %k: tensor<1x1x4xf32>, %position: tensor<i32> {lathe.name = "position"}) -> tensor<1x1x6xf32> {
    %m = lathe.parameter @m : tensor<1x1x8xf32>
    %o = lathe.parameter @o : tensor<6x8xf32>
    %c = lathe.cache %k {buffer = @keys, capacity = 8 : i64, past = "past"} : (tensor<1x1x4xf32>) -> tensor<1x?x4xf32, #lathe.dims<"", "past + 1", "">>
    %1 = lathe.attention %q, %c, %c {causal = true, heads = 4 : i64, kv_heads = 2 : i64} : (tensor<1x1x8xf32>, tensor<1x?x4xf32, #lathe.dims<"", "past + 1", "">>, tensor<1x?x4xf32, #lathe.dims<"", "past + 1", "">>) -> tensor<1x1x8xf32>
    %2 = lathe.hybrid_sparse_mask %1, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x1x8xf32>, tensor<1x1x8xf32>) -> tensor<1x1x8xf32>
    %3 = lathe.linear %2, %o : (tensor<1x1x8xf32>, tensor<6x8xf32>) -> tensor<1x1x6xf32>
    return %3 : tensor<1x1x6xf32>
  }
  // CHECK-LABEL: @second(
  // CHECK: %[[KEPT:.*]] = lathe.keep %arg1 {axis = 2 : i64, places = array<i64: 2, 3>}
  // CHECK: lathe.cache %[[KEPT]]
  func.func @second(%q: tensor<1x1x8xf32>, %k: tensor<1x1x4xf32>, %position: tensor<i32> {lathe.name = "position"}) -> tensor<1x1x6xf32> {
    %m = lathe.parameter @m : tensor<1x1x8xf32>
    %o = lathe.parameter @o : tensor<6x8xf32>
    %c = lathe.cache %k {buffer = @keys, capacity = 8 : i64, past = "past"} : (tensor<1x1x4xf32>) -> tensor<1x?x4xf32, #lathe.dims<"", "past + 1", "">>
    %1 = lathe.attention %q, %c, %c {causal = true, heads = 4 : i64, kv_heads = 2 : i64} : (tensor<1x1x8xf32>, tensor<1x?x4xf32, #lathe.dims<"", "past + 1", "">>, tensor<1x?x4xf32, #lathe.dims<"", "past + 1", "">>) -> tensor<1x1x8xf32>
    %2 = lathe.hybrid_sparse_mask %1, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x1x8xf32>, tensor<1x1x8xf32>) -> tensor<1x1x8xf32>
    %3 = lathe.linear %2, %o : (tensor<1x1x8xf32>, tensor<6x8xf32>) -> tensor<1x1x6xf32>
    return %3 : tensor<1x1x6xf32>
  }
}

// -----

// Hidden features of a gated layer.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @up : tensor<4x3xf32>
lathe.weight @down : tensor<3x4xf32>
// CHECK-LABEL: @hidden(
// CHECK-COUNT-2: lathe.linear {{.*}} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
// CHECK: lathe.linear {{.*}} : (tensor<2x2xf32>, tensor<3x2xf32>) -> tensor<2x3xf32>
// CHECK-NOT: lathe.spread
func.func @hidden(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %up = lathe.parameter @up : tensor<4x3xf32>
  %down = lathe.parameter @down : tensor<3x4xf32>
  %g = lathe.linear %x, %up : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  %a = lathe.activation %g {kind = #lathe<activation_kind silu>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %u = lathe.linear %x, %up : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  %h = lathe.binary %u, %a {kind = #lathe<binary_kind mul>} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %k = lathe.hybrid_sparse_mask %h, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  %y = lathe.linear %k, %down : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// The values of the second of two groups are dropped, and one of the first's: what its heads give is zeros, so that they
// go, their queries and keys too, and the output's columns for them.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, -1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @q : tensor<8x6xf32>
lathe.weight @k : tensor<4x6xf32>
lathe.weight @v : tensor<4x6xf32>
lathe.weight @o : tensor<6x8xf32>
// CHECK-LABEL: @values(
// CHECK-DAG: lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 0, 1, 2, 3>} : (tensor<8x6xf32>)
// CHECK-DAG: lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 0, 1>} : (tensor<4x6xf32>)
// CHECK-DAG: lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 0>} : (tensor<4x6xf32>)
// CHECK: lathe.attention {{.*}}heads = 2 : i64, kv_heads = 1 : i64
// CHECK-SAME: (tensor<1x5x4xf32>, tensor<1x5x2xf32>, tensor<1x5x2xf32>)
// CHECK: lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 0, 1, 2, 3>} : (tensor<6x8xf32>)
func.func @values(%x: tensor<1x5x6xf32>) -> tensor<1x5x6xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %q = lathe.parameter @q : tensor<8x6xf32>
  %k = lathe.parameter @k : tensor<4x6xf32>
  %v = lathe.parameter @v : tensor<4x6xf32>
  %o = lathe.parameter @o : tensor<6x8xf32>
  %1 = lathe.linear %x, %q : (tensor<1x5x6xf32>, tensor<8x6xf32>) -> tensor<1x5x8xf32>
  %2 = lathe.linear %x, %k : (tensor<1x5x6xf32>, tensor<4x6xf32>) -> tensor<1x5x4xf32>
  %3 = lathe.linear %x, %v : (tensor<1x5x6xf32>, tensor<4x6xf32>) -> tensor<1x5x4xf32>
  %4 = lathe.hybrid_sparse_mask %3, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x5x4xf32>, tensor<1x1x4xf32>) -> tensor<1x5x4xf32>
  %5 = lathe.attention %1, %2, %4 {causal = true, heads = 4 : i64, kv_heads = 2 : i64} : (tensor<1x5x8xf32>, tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x5x8xf32>
  %6 = lathe.linear %5, %o : (tensor<1x5x8xf32>, tensor<6x8xf32>) -> tensor<1x5x6xf32>
  return %6 : tensor<1x5x6xf32>
}
