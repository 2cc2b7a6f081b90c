// RUN: lathe-opt %s -split-input-file -lathe-fold-masks | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-fold-masks -lathe-fold-masks | FileCheck %s
// What masks drop leaves the network; a second run finds nothing to do.

// The correction and the scale become part of the product before, and the consumers after a norm read the kept channels.
// With 2 of 4 channels kept, the norm's weight grows by √2 and its eps doubles.
module attributes {lathe.dim_order = ["tokens"], lathe.dims = {tokens = array<i64: 1, 8>}} {
  lathe.weight @p : tensor<4x3xf32>
  lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[0.5, -1.0, 0.0, 2.0]]]> : tensor<1x1x4xf32>}
  lathe.weight @v : tensor<2x4xf32>
  lathe.weight @u : tensor<4x2xf32>
  lathe.weight @s : tensor<1x4xf32>
  lathe.weight @n : tensor<4xf32>
  lathe.weight @q : tensor<5x4xf32>
  // CHECK-LABEL: @decoder(
  // CHECK-SAME: %[[X:.*]]: tensor<?x3xf32
  // CHECK-DAG: %[[P:.*]] = lathe.parameter @p
  // CHECK-DAG: %[[V:.*]] = lathe.parameter @v
  // CHECK-DAG: %[[U:.*]] = lathe.parameter @u
  // CHECK-DAG: %[[UK:.*]] = lathe.keep %[[U]] {axis = 0 : i64, places = array<i64: 0, 3>}
  // CHECK: %[[VP:.*]] = lathe.matmul %[[V]], %[[P]]
  // CHECK: %[[UVP:.*]] = lathe.matmul %[[UK]], %[[VP]]
  // CHECK: %[[PK:.*]] = lathe.keep %[[P]] {axis = 0 : i64, places = array<i64: 0, 3>}
  // CHECK: %[[SUM:.*]] = lathe.binary %[[PK]], %[[UVP]] {kind = #lathe<binary_kind add>}
  // CHECK: %[[W:.*]] = lathe.binary %[[SUM]], %{{.*}} {kind = #lathe<binary_kind mul>} : (tensor<2x3xf32>, tensor<2x1xf32>)
  // CHECK: %[[Y:.*]] = lathe.linear %[[X]], %[[W]]
  // CHECK-SAME: -> tensor<?x2xf32
  // CHECK: %[[NK:.*]] = lathe.binary %{{.*}} {kind = #lathe<binary_kind mul>, value = 1.41421{{.*}} : f64} : (tensor<2xf32>)
  // CHECK: %[[NORM:.*]] = lathe.rms_norm %{{.*}}, %[[NK]] {eps = 2.000000e-03 : f64}
  // CHECK: %[[QK:.*]] = lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 0, 3>} : (tensor<5x4xf32>)
  // CHECK: lathe.linear %[[NORM]], %[[QK]]
  // CHECK-NOT: lathe.spread
  func.func @decoder(%x: tensor<?x3xf32, #lathe.dims<"tokens", "">>) -> tensor<?x5xf32, #lathe.dims<"tokens", "">> {
    %p = lathe.parameter @p : tensor<4x3xf32>
    %m = lathe.parameter @m : tensor<1x1x4xf32>
    %mask = lathe.channel_mask %m : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
    %v = lathe.parameter @v : tensor<2x4xf32>
    %u = lathe.parameter @u : tensor<4x2xf32>
    %s = lathe.parameter @s : tensor<1x4xf32>
    %n = lathe.parameter @n : tensor<4xf32>
    %q = lathe.parameter @q : tensor<5x4xf32>
    %o = lathe.linear %x, %p : (tensor<?x3xf32, #lathe.dims<"tokens", "">>, tensor<4x3xf32>) -> tensor<?x4xf32, #lathe.dims<"tokens", "">>
    %h = lathe.hybrid_sparse_mask %o, %mask, %v, %u, %s {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0>} : (tensor<?x4xf32, #lathe.dims<"tokens", "">>, tensor<1x1x4xf32>, tensor<2x4xf32>, tensor<4x2xf32>, tensor<1x4xf32>) -> tensor<?x4xf32, #lathe.dims<"tokens", "">>
    %r = lathe.binary %h, %h {kind = #lathe<binary_kind add>} : (tensor<?x4xf32, #lathe.dims<"tokens", "">>, tensor<?x4xf32, #lathe.dims<"tokens", "">>) -> tensor<?x4xf32, #lathe.dims<"tokens", "">>
    %k = lathe.rms_norm %r, %n {eps = 1.000000e-03 : f64} : (tensor<?x4xf32, #lathe.dims<"tokens", "">>, tensor<4xf32>) -> tensor<?x4xf32, #lathe.dims<"tokens", "">>
    %y = lathe.linear %k, %q : (tensor<?x4xf32, #lathe.dims<"tokens", "">>, tensor<5x4xf32>) -> tensor<?x5xf32, #lathe.dims<"tokens", "">>
    return %y : tensor<?x5xf32, #lathe.dims<"tokens", "">>
  }
}

// -----

// Masks of two branches: their sum has what either keeps, their product what both do.
lathe.weight @a : tensor<1x1x4xf32> {values = dense<[[[1.0, 1.0, -1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @b : tensor<1x1x4xf32> {values = dense<[[[-1.0, 1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @w : tensor<3x4xf32>
// CHECK-LABEL: @branches(
// CHECK-DAG: lathe.binary %{{.*}} {kind = #lathe<binary_kind add>} : (tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK-DAG: lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 0, 1, 2>} : (tensor<3x4xf32>)
// CHECK-DAG: lathe.binary %{{.*}} {kind = #lathe<binary_kind mul>} : (tensor<2x1xf32>, tensor<2x1xf32>)
// CHECK-DAG: lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 1>} : (tensor<3x4xf32>)
func.func @branches(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %a = lathe.parameter @a : tensor<1x1x4xf32>
  %b = lathe.parameter @b : tensor<1x1x4xf32>
  %w = lathe.parameter @w : tensor<3x4xf32>
  %h = lathe.hybrid_sparse_mask %x, %a {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  %g = lathe.hybrid_sparse_mask %y, %b {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  %sum = lathe.binary %h, %g {kind = #lathe<binary_kind add>} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %product = lathe.binary %h, %g {kind = #lathe<binary_kind mul>} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %s = lathe.linear %sum, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  %p = lathe.linear %product, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  return %s, %p : tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

// A mask before a batch norm drops channels, which then hold what the norm makes of zero; a convolution without borders
// takes that into its bias.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @c : tensor<4x3x3x3xf32>
lathe.weight @g : tensor<4xf32>
lathe.weight @d : tensor<5x4x1x1xf32>
// CHECK-LABEL: @images(
// CHECK: %[[C:.*]] = lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 0, 2>} : (tensor<4x3x3x3xf32>)
// CHECK: lathe.conv2d %arg0, %[[C]] {{.*}} -> tensor<1x2x8x8xf32>
// CHECK: %[[DROPPED:.*]] = lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 1, 3>} : (tensor<4xf32>)
// CHECK: lathe.binary %[[DROPPED]] {kind = #lathe<binary_kind mul>, value = 0.0{{.*}}} : (tensor<2xf32>)
// CHECK: lathe.batch_norm %{{.*}} : (tensor<1x2xf32>,
// CHECK: lathe.batch_norm %{{.*}} : (tensor<1x2x8x8xf32>, tensor<2xf32>
// CHECK: %[[RELU:.*]] = lathe.activation %{{.*}} : (tensor<1x2x8x8xf32>)
// CHECK: lathe.reduce %{{.*}} {axes = array<i64: 2, 3>{{.*}}} : (tensor<5x2x1x1xf32>) -> tensor<5x2xf32>
// CHECK: %[[BIAS:.*]] = lathe.{{squeeze|reshape}} %{{.*}} -> tensor<5xf32>
// CHECK: lathe.conv2d %[[RELU]], %{{.*}}, %[[BIAS]] {
// CHECK-NOT: lathe.spread
func.func @images(%x: tensor<1x3x8x8xf32>) -> tensor<1x5x8x8xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %c = lathe.parameter @c : tensor<4x3x3x3xf32>
  %g = lathe.parameter @g : tensor<4xf32>
  %d = lathe.parameter @d : tensor<5x4x1x1xf32>
  %1 = lathe.conv2d %x, %c {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.hybrid_sparse_mask %1, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x4x8x8xf32>, tensor<1x1x4xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.batch_norm %2, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %4 = lathe.activation %3 {kind = #lathe<activation_kind relu>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = lathe.conv2d %4, %d {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>, tensor<5x4x1x1xf32>) -> tensor<1x5x8x8xf32>
  return %5 : tensor<1x5x8x8xf32>
}

// -----

// Each group of a grouped convolution that sees anything sees as many channels as the fullest: channel 0 stays, a zero.
lathe.weight @m : tensor<1x1x6xf32> {values = dense<[[[-1.0, 1.0, 1.0, 1.0, -1.0, -1.0]]]> : tensor<1x1x6xf32>}
lathe.weight @c : tensor<6x2x3x3xf32>
// CHECK-LABEL: @groups(
// CHECK: lathe.spread %{{.*}} {axis = 1 : i64, places = array<i64: 1, 2, 3>, size = 4 : i64}
// CHECK: lathe.conv2d %{{.*}} {{.*}}groups = 2 : i64{{.*}} : (tensor<1x4x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x8x8xf32>
// CHECK: lathe.spread %{{.*}} {axis = 1 : i64, places = array<i64: 0, 1, 2, 3>, size = 6 : i64}
func.func @groups(%x: tensor<1x6x8x8xf32>) -> tensor<1x6x8x8xf32> {
  %m = lathe.parameter @m : tensor<1x1x6xf32>
  %c = lathe.parameter @c : tensor<6x2x3x3xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x6x8x8xf32>, tensor<1x1x6xf32>) -> tensor<1x6x8x8xf32>
  %2 = lathe.conv2d %1, %c {dilation = array<i64: 1, 1>, groups = 3 : i64, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x6x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x8x8xf32>
  return %2 : tensor<1x6x8x8xf32>
}

// -----

// Channels through a concatenation, a reshape that splits them and a slice, which leaves nothing of the other part.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, 1.0, -1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @w : tensor<5x2xf32>
// CHECK-LABEL: @shapes(
// CHECK: %[[K:.*]] = lathe.keep %arg0 {axis = 1 : i64, places = array<i64: 0, 1>}
// CHECK: %[[R:.*]] = lathe.reshape %[[K]] {{.*}} -> tensor<3x1x2xf32>
// CHECK: %[[L:.*]] = lathe.linear %[[R]], %{{.*}} -> tensor<3x1x5xf32>
// CHECK: lathe.spread %[[L]] {axis = 1 : i64, places = array<i64: 0>, size = 2 : i64}
func.func @shapes(%x: tensor<3x4xf32>, %y: tensor<3x4xf32>) -> tensor<3x2x5xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %w = lathe.parameter @w : tensor<5x2xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<3x4xf32>, tensor<1x1x4xf32>) -> tensor<3x4xf32>
  %2 = lathe.concat %1, %y {axis = 1 : i64} : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  %3 = lathe.reshape %2 {shape = [3, 4, 2]} : (tensor<3x8xf32>) -> tensor<3x4x2xf32>
  %4 = lathe.slice %3 {axis = 1 : i64, start = 0 : i64, end = 2 : i64, step = 1 : i64} : (tensor<3x4x2xf32>) -> tensor<3x2x2xf32>
  %5 = lathe.linear %4, %w : (tensor<3x2x2xf32>, tensor<5x2xf32>) -> tensor<3x2x5xf32>
  return %5 : tensor<3x2x5xf32>
}

// -----

// Masks in a row keep what all of them do.
lathe.weight @a : tensor<1x1x6xf32> {values = dense<[[[-1.0, 1.0, 1.0, -1.0, -1.0, 1.0]]]> : tensor<1x1x6xf32>}
lathe.weight @b : tensor<1x1x6xf32> {values = dense<[[[-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]]]> : tensor<1x1x6xf32>}
lathe.weight @c : tensor<1x1x6xf32> {values = dense<[[[-1.0, -1.0, -1.0, -1.0, -1.0, 1.0]]]> : tensor<1x1x6xf32>}
// CHECK-LABEL: @row(
// CHECK: %[[KEPT:.*]] = lathe.keep %arg0 {axis = 1 : i64, places = array<i64: 5>}
// CHECK-NEXT: lathe.spread %[[KEPT]] {axis = 1 : i64, places = array<i64: 5>
// CHECK-NEXT: return
func.func @row(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %a = lathe.parameter @a : tensor<1x1x6xf32>
  %b = lathe.parameter @b : tensor<1x1x6xf32>
  %c = lathe.parameter @c : tensor<1x1x6xf32>
  %1 = lathe.hybrid_sparse_mask %x, %a {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x6xf32>, tensor<1x1x6xf32>) -> tensor<2x6xf32>
  %2 = lathe.hybrid_sparse_mask %1, %b {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x6xf32>, tensor<1x1x6xf32>) -> tensor<2x6xf32>
  %3 = lathe.hybrid_sparse_mask %2, %c {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x6xf32>, tensor<1x1x6xf32>) -> tensor<2x6xf32>
  return %3 : tensor<2x6xf32>
}

// -----

// What splits a masked result reads different places of it: together fewer than the mask keeps, and each its own.
lathe.weight @m : tensor<1x1x12xf32> {values = dense<[[[1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 1.0]]]> : tensor<1x1x12xf32>}
lathe.weight @w : tensor<12x3xf32>
// CHECK-LABEL: @split(
// CHECK: lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 1, 5>} : (tensor<12x3xf32>)
// CHECK: lathe.linear %{{.*}} -> tensor<2x2xf32>
// CHECK-DAG: lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 1>}
// CHECK-DAG: lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 0>}
// CHECK-NOT: lathe.split
func.func @split(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
  %m = lathe.parameter @m : tensor<1x1x12xf32>
  %w = lathe.parameter @w : tensor<12x3xf32>
  %1 = lathe.linear %x, %w : (tensor<2x3xf32>, tensor<12x3xf32>) -> tensor<2x12xf32>
  %2 = lathe.hybrid_sparse_mask %1, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x12xf32>, tensor<1x1x12xf32>) -> tensor<2x12xf32>
  %3:3 = lathe.split %2 {axis = 1 : i64, sizes = array<i64: 4, 4, 4>} : (tensor<2x12xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  %4 = lathe.binary %3#0, %3#1 {kind = #lathe<binary_kind mul>} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %4 : tensor<2x4xf32>
}
