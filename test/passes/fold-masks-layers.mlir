// RUN: lathe-opt %s -split-input-file -lathe-fold-masks | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-fold-masks -lathe-fold-masks | FileCheck %s
// Masks through layers that the other files have not, one each.

// A layer norm over 2 of 5 channels and one zero that stands for the other three: its column is W γ of these, and what
// their shift adds is part of the bias.
lathe.weight @m : tensor<1x1x5xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0, -1.0]]]> : tensor<1x1x5xf32>}
lathe.weight @p : tensor<5x3xf32>
lathe.weight @g : tensor<5xf32>
lathe.weight @h : tensor<5xf32>
lathe.weight @w : tensor<4x5xf32>
// CHECK-LABEL: @layer_norm(
// CHECK-DAG: %[[W:.*]] = lathe.parameter @w
// CHECK: %[[X:.*]] = lathe.linear %arg0, %{{.*}} -> tensor<7x2xf32>
// CHECK: lathe.pad %{{.*}} {high = array<i64: 1>{{.*}} value = 1.0{{.*}}} : (tensor<2xf32>)
// CHECK: lathe.pad %{{.*}} {high = array<i64: 1>{{.*}} value = 0.0{{.*}}} : (tensor<2xf32>)
// CHECK: %[[XZ:.*]] = lathe.pad %[[X]] {high = array<i64: 0, 1>
// CHECK: %[[Y:.*]] = lathe.layer_norm %[[XZ]], {{.*}}zeros = 2 : i64} : (tensor<7x3xf32>
// CHECK: %[[D:.*]] = lathe.keep %[[W]] {axis = 1 : i64, places = array<i64: 1, 3, 4>}
// CHECK: %[[ROW:.*]] = lathe.linear %{{.*}}, %[[D]] : (tensor<1x3xf32>, tensor<4x3xf32>) -> tensor<1x4xf32>
// CHECK: %[[COLUMN:.*]] = lathe.transpose %[[ROW]]
// CHECK: %[[K:.*]] = lathe.keep %[[W]] {axis = 1 : i64, places = array<i64: 0, 2>}
// CHECK: %[[ALL:.*]] = lathe.concat %[[K]], %[[COLUMN]] {axis = 1 : i64}
// CHECK: lathe.linear %[[Y]], %[[ALL]], %{{.*}} : (tensor<7x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<7x4xf32>
// CHECK-NOT: lathe.spread
func.func @layer_norm(%x: tensor<7x3xf32>) -> tensor<7x4xf32> {
  %m = lathe.parameter @m : tensor<1x1x5xf32>
  %p = lathe.parameter @p : tensor<5x3xf32>
  %g = lathe.parameter @g : tensor<5xf32>
  %h = lathe.parameter @h : tensor<5xf32>
  %w = lathe.parameter @w : tensor<4x5xf32>
  %1 = lathe.linear %x, %p : (tensor<7x3xf32>, tensor<5x3xf32>) -> tensor<7x5xf32>
  %2 = lathe.hybrid_sparse_mask %1, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<7x5xf32>, tensor<1x1x5xf32>) -> tensor<7x5xf32>
  %3 = lathe.layer_norm %2, %g, %h {dims = 1 : i64, eps = 1.000000e-05 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<7x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<7x5xf32>
  %4 = lathe.linear %3, %w : (tensor<7x5xf32>, tensor<4x5xf32>) -> tensor<7x4xf32>
  return %4 : tensor<7x4xf32>
}

// -----

// Of three groups, the first is all zeros and becomes its shift; the second keeps its zero, which the statistics need.
lathe.weight @m : tensor<1x1x6xf32> {values = dense<[[[-1.0, -1.0, 1.0, -1.0, 1.0, 1.0]]]> : tensor<1x1x6xf32>}
lathe.weight @g : tensor<6xf32>
lathe.weight @c : tensor<2x6x1x1xf32>
// CHECK-LABEL: @group_norm(
// CHECK: %[[K:.*]] = lathe.keep %arg0 {axis = 1 : i64, places = array<i64: 2, 4, 5>}
// CHECK: %[[X:.*]] = lathe.spread %[[K]] {axis = 1 : i64, places = array<i64: 0, 2, 3>, size = 4 : i64}
// CHECK: lathe.group_norm %[[X]], {{.*}}groups = 2 : i64{{.*}} : (tensor<1x4x8x8xf32>
// CHECK: lathe.conv2d {{.*}} : (tensor<1x4x8x8xf32>, tensor<2x4x1x1xf32>, tensor<2xf32>)
func.func @group_norm(%x: tensor<1x6x8x8xf32>) -> tensor<1x2x8x8xf32> {
  %m = lathe.parameter @m : tensor<1x1x6xf32>
  %g = lathe.parameter @g : tensor<6xf32>
  %c = lathe.parameter @c : tensor<2x6x1x1xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x6x8x8xf32>, tensor<1x1x6xf32>) -> tensor<1x6x8x8xf32>
  %2 = lathe.group_norm %1, %g, %g {eps = 1.000000e-05 : f64, groups = 3 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x6x8x8xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<1x6x8x8xf32>
  %3 = lathe.conv2d %2, %c {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x6x8x8xf32>, tensor<2x6x1x1xf32>) -> tensor<1x2x8x8xf32>
  return %3 : tensor<1x2x8x8xf32>
}

// -----

// A mask behind a group norm drops groups of which nothing is kept.
lathe.weight @m : tensor<1x1x6xf32> {values = dense<[[[-1.0, -1.0, 1.0, 1.0, 1.0, 1.0]]]> : tensor<1x1x6xf32>}
// CHECK-LABEL: @above_group_norm(
// CHECK: %[[K:.*]] = lathe.keep %arg0 {axis = 1 : i64, places = array<i64: 2, 3, 4, 5>}
// CHECK: lathe.group_norm %[[K]] {{.*}}groups = 2 : i64
func.func @above_group_norm(%x: tensor<1x6x8x8xf32>) -> tensor<1x6x8x8xf32> {
  %m = lathe.parameter @m : tensor<1x1x6xf32>
  %1 = lathe.group_norm %x {eps = 1.000000e-05 : f64, groups = 3 : i64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<1x6x8x8xf32>) -> tensor<1x6x8x8xf32>
  %2 = lathe.hybrid_sparse_mask %1, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x6x8x8xf32>, tensor<1x1x6xf32>) -> tensor<1x6x8x8xf32>
  return %2 : tensor<1x6x8x8xf32>
}

// -----

// Padding of pixels by zeros, and pools.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
// CHECK-LABEL: @pad_and_pool(
// CHECK: %[[K:.*]] = lathe.keep %arg0 {axis = 1 : i64, places = array<i64: 0, 2>}
// CHECK: %[[P:.*]] = lathe.pad %[[K]] {{.*}} -> tensor<1x2x10x10xf32>
// CHECK: %[[Y:.*]] = lathe.pool2d %[[P]] {{.*}} -> tensor<1x2x5x5xf32>
// CHECK: lathe.spread %[[Y]]
func.func @pad_and_pool(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x5x5xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x4x8x8xf32>, tensor<1x1x4xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.pad %1 {high = array<i64: 0, 0, 1, 1>, low = array<i64: 0, 0, 1, 1>, mode = #lathe<padding_mode zeros>, value = 0.000000e+00 : f64} : (tensor<1x4x8x8xf32>) -> tensor<1x4x10x10xf32>
  %3 = lathe.pool2d %2 {ceil_mode = false, count_include_pad = true, dilation = array<i64: 1, 1>, kernel = array<i64: 2, 2>, kind = #lathe<pool_kind average>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x10x10xf32>) -> tensor<1x4x5x5xf32>
  return %3 : tensor<1x4x5x5xf32>
}

// -----

// A transposed convolution's filters are input by output, on both sides.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @c : tensor<4x4x2x2xf32>
lathe.weight @b : tensor<4xf32>
// CHECK-LABEL: @transposed(
// CHECK: lathe.conv_transpose2d {{.*}} : (tensor<1x2x8x8xf32>, tensor<2x2x2x2xf32>, tensor<2xf32>) -> tensor<1x2x16x16xf32>
func.func @transposed(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %c = lathe.parameter @c : tensor<4x4x2x2xf32>
  %b = lathe.parameter @b : tensor<4xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x4x8x8xf32>, tensor<1x1x4xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.conv_transpose2d %1, %c, %b {dilation = array<i64: 1, 1>, groups = 1 : i64, output_padding = array<i64: 0, 0>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>, tensor<4x4x2x2xf32>, tensor<4xf32>) -> tensor<1x4x16x16xf32>
  %3 = lathe.hybrid_sparse_mask %2, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x4x16x16xf32>, tensor<1x1x4xf32>) -> tensor<1x4x16x16xf32>
  return %3 : tensor<1x4x16x16xf32>
}

// -----

// A product over the masked dimension needs the same places of both.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
// CHECK-LABEL: @matmul(
// CHECK-DAG: %[[X:.*]] = lathe.keep %arg0 {axis = 1 : i64, places = array<i64: 0, 2>}
// CHECK-DAG: %[[Y:.*]] = lathe.keep %arg1 {axis = 0 : i64, places = array<i64: 0, 2>}
// CHECK: lathe.matmul %[[X]], %[[Y]]
func.func @matmul(%x: tensor<3x4xf32>, %y: tensor<4x5xf32>) -> tensor<3x5xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<3x4xf32>, tensor<1x1x4xf32>) -> tensor<3x4xf32>
  %2 = lathe.matmul %1, %y {transpose_input = false, transpose_other = false} : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
  return %2 : tensor<3x5xf32>
}

// -----

// A window a channel.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @r : tensor<4x1x3x3xf32>
// CHECK-LABEL: @reprogram(
// CHECK: %[[R:.*]] = lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 0, 2>} : (tensor<4x1x3x3xf32>)
// CHECK: lathe.channel_reprogram %{{.*}}, %[[R]] : (tensor<1x2x8x8xf32>, tensor<2x1x3x3xf32>)
func.func @reprogram(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %r = lathe.parameter @r : tensor<4x1x3x3xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x4x8x8xf32>, tensor<1x1x4xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.channel_reprogram %1, %r : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return %2 : tensor<1x4x8x8xf32>
}

// -----

// Experts give the features that they take: masks before and behind them leave those that either keeps.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @n : tensor<1x1x4xf32> {values = dense<[[[1.0, 1.0, -1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @up : tensor<6x4xf32>
lathe.weight @down : tensor<4x6xf32>
// CHECK-LABEL: @experts(
// CHECK-DAG: lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 0, 1, 2>} : (tensor<6x4xf32>)
// CHECK-DAG: lathe.keep %{{.*}} {axis = 0 : i64, places = array<i64: 0, 1, 2>} : (tensor<4x6xf32>)
// CHECK: %[[Y:.*]] = lathe.experts {{.*}} -> tensor<5x3xf32>
// CHECK: %[[K:.*]] = lathe.keep %[[Y]] {axis = 1 : i64, places = array<i64: 0, 1>}
// CHECK: lathe.spread %[[K]] {axis = 1 : i64, places = array<i64: 0, 1>, size = 4 : i64}
func.func @experts(%x: tensor<5x4xf32>, %weights: tensor<5x1xf32>, %picks: tensor<5x1xi32>) -> tensor<5x4xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %n = lathe.parameter @n : tensor<1x1x4xf32>
  %u = lathe.parameter @up : tensor<6x4xf32>
  %d = lathe.parameter @down : tensor<4x6xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<5x4xf32>, tensor<1x1x4xf32>) -> tensor<5x4xf32>
  %2 = lathe.experts %1, %weights, %picks, %u, %u, %d, %d, %u, %u {operandSegmentSizes = array<i32: 1, 1, 1, 2, 2, 2>} : (tensor<5x4xf32>, tensor<5x1xf32>, tensor<5x1xi32>, tensor<6x4xf32>, tensor<6x4xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<6x4xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  %3 = lathe.hybrid_sparse_mask %2, %n {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<5x4xf32>, tensor<1x1x4xf32>) -> tensor<5x4xf32>
  return %3 : tensor<5x4xf32>
}
