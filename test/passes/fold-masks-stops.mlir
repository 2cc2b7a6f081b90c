// RUN: lathe-opt %s -split-input-file -lathe-fold-masks -verify-diagnostics | FileCheck %s
// Where a mask stops, and which masks aren't folded.

// A layer norm needs all channels: the product before is pruned, the norm isn't.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @w : tensor<4x3xf32>
// CHECK-LABEL: @layer_norm(
// CHECK: lathe.linear {{.*}} -> tensor<2x2xf32>
// CHECK: lathe.spread {{.*}} -> tensor<2x4xf32>
// CHECK: lathe.layer_norm
func.func @layer_norm(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %w = lathe.parameter @w : tensor<4x3xf32>
  %h = lathe.linear %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  // expected-note@+1 {{the masked channels come from here}}
  %k = lathe.hybrid_sparse_mask %h, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  // expected-remark@+1 {{'layer_norm' needs all 4 channels: the mask, which keeps 2, is folded up to here}}
  %y = lathe.layer_norm %k {dims = 1 : i64, eps = 1.000000e-05 : f64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// What is computed before a mask and read elsewhere keeps all channels; so does a sum with what has no mask.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @w : tensor<4x3xf32>
// CHECK-LABEL: @elsewhere(
// CHECK: lathe.linear {{.*}} -> tensor<2x4xf32>
func.func @elsewhere(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %w = lathe.parameter @w : tensor<4x3xf32>
  %h = lathe.linear %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  // expected-note@+1 {{the masked channels come from here}}
  %k = lathe.hybrid_sparse_mask %h, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  // expected-remark@+1 {{'binary' needs all 4 channels}}
  %y = lathe.binary %k, %h {kind = #lathe<binary_kind add>} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// sigmoid(0) is ½, which is nothing that a sum over channels may leave out.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
// CHECK-LABEL: @sigmoid(
// CHECK: lathe.activation {{.*}} : (tensor<2x4xf32>)
func.func @sigmoid(%x: tensor<2x4xf32>) -> tensor<2xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  // expected-note@+1 {{the masked channels come from here}}
  %k = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  // expected-remark@+1 {{'activation' needs all 4 channels}}
  %s = lathe.activation %k {kind = #lathe<activation_kind sigmoid>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %y = lathe.reduce %s {axes = array<i64: 1>, keepdims = false, kind = #lathe<reduce_kind sum>} : (tensor<2x4xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// A convolution's border of zeros is not what the norm makes of a dropped channel.
lathe.weight @m : tensor<1x1x2xf32> {values = dense<[[[1.0, -1.0]]]> : tensor<1x1x2xf32>}
lathe.weight @g : tensor<2xf32>
lathe.weight @c : tensor<5x2x3x3xf32>
// CHECK-LABEL: @border(
// CHECK: lathe.batch_norm {{.*}} : (tensor<1x1x8x8xf32>
// CHECK: lathe.conv2d {{.*}} : (tensor<1x2x8x8xf32>
func.func @border(%x: tensor<1x2x8x8xf32>) -> tensor<1x5x8x8xf32> {
  %m = lathe.parameter @m : tensor<1x1x2xf32>
  %g = lathe.parameter @g : tensor<2xf32>
  %c = lathe.parameter @c : tensor<5x2x3x3xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<1x2x8x8xf32>, tensor<1x1x2xf32>) -> tensor<1x2x8x8xf32>
  // expected-note@+1 {{the masked channels come from here}}
  %2 = lathe.batch_norm %1, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32>
  // expected-remark@+1 {{'conv2d' needs all 2 channels}}
  %3 = lathe.conv2d %2, %c {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x2x8x8xf32>, tensor<5x2x3x3xf32>) -> tensor<1x5x8x8xf32>
  return %3 : tensor<1x5x8x8xf32>
}

// -----

// A mask of training is soft; that of a checkpoint that is not there is unknown.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @unknown : tensor<1x1x4xf32>
// CHECK-LABEL: @others(
// CHECK-COUNT-2: lathe.hybrid_sparse_mask
func.func @others(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %u = lathe.parameter @unknown : tensor<1x1x4xf32>
  %1 = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>, step = 1 : i64, steps = 2 : i64} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  %2 = lathe.hybrid_sparse_mask %1, %u {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[0.0, -1.0, 0x7FC00000, -1.0]]]> : tensor<1x1x4xf32>}
func.func @empty(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  // expected-error@+1 {{the mask 'm' keeps none of 4 channels: a mask keeps a channel where it is positive; check the checkpoint, or take the step out of the network}}
  %1 = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// -----

// Each group has a channel that is there: what its zeros become is not known. Without eps a group of zeros has no scale.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, -1.0, 1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @n : tensor<1x1x4xf32> {values = dense<[[[1.0, 1.0, -1.0, -1.0]]]> : tensor<1x1x4xf32>}
// CHECK-LABEL: @group_norms(
// CHECK: lathe.group_norm {{.*}}groups = 2 : i64
// CHECK: lathe.group_norm {{.*}}groups = 2 : i64
func.func @group_norms(%x: tensor<2x4x3xf32>, %y: tensor<2x4x3xf32>) -> (tensor<2x4x3xf32>, tensor<2x4x3xf32>) {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %n = lathe.parameter @n : tensor<1x1x4xf32>
  // expected-note@+1 {{the masked channels come from here}}
  %1 = lathe.hybrid_sparse_mask %x, %m {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4x3xf32>, tensor<1x1x4xf32>) -> tensor<2x4x3xf32>
  // expected-remark@+1 {{'group_norm' needs all 4 channels}}
  %2 = lathe.group_norm %1 {eps = 1.000000e-05 : f64, groups = 2 : i64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  // expected-note@+1 {{the masked channels come from here}}
  %3 = lathe.hybrid_sparse_mask %y, %n {axis = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4x3xf32>, tensor<1x1x4xf32>) -> tensor<2x4x3xf32>
  // expected-remark@+1 {{'group_norm' needs all 4 channels}}
  %4 = lathe.group_norm %3 {eps = 0.000000e+00 : f64, groups = 2 : i64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  return %2, %4 : tensor<2x4x3xf32>, tensor<2x4x3xf32>
}

// -----

// A layer norm whose one dropped channel could only stand for itself.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, 1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @w : tensor<5x4xf32>
// CHECK-LABEL: @one_dropped(
// CHECK: lathe.layer_norm {{.*}} : (tensor<2x4xf32>)
func.func @one_dropped(%x: tensor<2x4xf32>) -> tensor<2x5xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %w = lathe.parameter @w : tensor<5x4xf32>
  // expected-note@+1 {{the masked channels come from here}}
  %1 = lathe.hybrid_sparse_mask %x, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  // expected-remark@+1 {{'layer_norm' needs all 4 channels}}
  %2 = lathe.layer_norm %1 {dims = 1 : i64, eps = 1.000000e-05 : f64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %3 = lathe.linear %2, %w : (tensor<2x4xf32>, tensor<5x4xf32>) -> tensor<2x5xf32>
  return %3 : tensor<2x5xf32>
}

// -----

// A layer norm before a mask computes what the mask drops, since its mean is of all.
lathe.weight @m : tensor<1x1x4xf32> {values = dense<[[[1.0, -1.0, 1.0, -1.0]]]> : tensor<1x1x4xf32>}
lathe.weight @w : tensor<3x4xf32>
// CHECK-LABEL: @behind(
// CHECK: lathe.layer_norm {{.*}} -> tensor<2x4xf32>
// CHECK: lathe.keep
// CHECK: lathe.linear {{.*}} : (tensor<2x2xf32>, tensor<3x2xf32>)
func.func @behind(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %m = lathe.parameter @m : tensor<1x1x4xf32>
  %w = lathe.parameter @w : tensor<3x4xf32>
  // expected-remark@+1 {{'layer_norm' computes all 4 channels: the mask behind it, which keeps 2, is folded from there on}}
  %n = lathe.layer_norm %x {dims = 1 : i64, eps = 1.000000e-05 : f64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  // expected-note@+1 {{the mask is here}}
  %k = lathe.hybrid_sparse_mask %n, %m {operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>} : (tensor<2x4xf32>, tensor<1x1x4xf32>) -> tensor<2x4xf32>
  %y = lathe.linear %k, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
