// RUN: lathe-opt %s -split-input-file -lathe-fold-norms | FileCheck %s
// What stays where it is.

// Others read what the convolution computes.
lathe.weight @w : tensor<4x3x1x1xf32>
lathe.weight @g : tensor<4xf32>
// CHECK-LABEL: @read_elsewhere(
// CHECK: lathe.batch_norm
func.func @read_elsewhere(%x: tensor<1x3x8x8xf32>) -> (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) {
  %w = lathe.parameter @w : tensor<4x3x1x1xf32>
  %g = lathe.parameter @g : tensor<4xf32>
  %1 = lathe.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.batch_norm %1, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  return %1, %2 : tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>
}

// -----

// Two norms behind one convolution's filters, which the program would hold twice.
lathe.weight @w : tensor<4x4x1x1xf32>
lathe.weight @g : tensor<4xf32>
// CHECK-LABEL: @shared(
// CHECK: lathe.batch_norm
// CHECK: lathe.batch_norm
func.func @shared(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = lathe.parameter @w : tensor<4x4x1x1xf32>
  %g = lathe.parameter @g : tensor<4xf32>
  %1 = lathe.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.batch_norm %1, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.conv2d %2, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %4 = lathe.batch_norm %3, %g, %g, %g, %g {eps = 1.000000e-03 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  return %4 : tensor<1x4x8x8xf32>
}

// -----

// An entry with another norm beside the same matrix.
lathe.weight @w : tensor<4x3xf32>
lathe.weight @g : tensor<3xf32>
lathe.weight @h : tensor<3xf32>
// CHECK-LABEL: @first(
// CHECK: lathe.rms_norm %arg0, %{{.*}} {eps
func.func @first(%x: tensor<5x3xf32>) -> tensor<5x4xf32> {
  %w = lathe.parameter @w : tensor<4x3xf32>
  %g = lathe.parameter @g : tensor<3xf32>
  %1 = lathe.rms_norm %x, %g {eps = 1.000000e-05 : f64} : (tensor<5x3xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %2 = lathe.linear %1, %w : (tensor<5x3xf32>, tensor<4x3xf32>) -> tensor<5x4xf32>
  return %2 : tensor<5x4xf32>
}
// CHECK-LABEL: @second(
// CHECK: lathe.rms_norm %arg0, %{{.*}} {eps
func.func @second(%x: tensor<5x3xf32>) -> tensor<5x4xf32> {
  %w = lathe.parameter @w : tensor<4x3xf32>
  %h = lathe.parameter @h : tensor<3xf32>
  %1 = lathe.rms_norm %x, %h {eps = 1.000000e-05 : f64} : (tensor<5x3xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %2 = lathe.linear %1, %w : (tensor<5x3xf32>, tensor<4x3xf32>) -> tensor<5x4xf32>
  return %2 : tensor<5x4xf32>
}

// -----

// A table of embeddings is a head, too.
lathe.weight @w : tensor<9x3xf32>
lathe.weight @g : tensor<3xf32>
// CHECK-LABEL: @tied(
// CHECK: lathe.rms_norm %{{.*}}, %{{.*}} {eps
func.func @tied(%x: tensor<5xi32>) -> tensor<5x9xf32> {
  %w = lathe.parameter @w : tensor<9x3xf32>
  %g = lathe.parameter @g : tensor<3xf32>
  %1 = lathe.embedding %x, %w : (tensor<5xi32>, tensor<9x3xf32>) -> tensor<5x3xf32>
  %2 = lathe.rms_norm %1, %g {eps = 1.000000e-05 : f64} : (tensor<5x3xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %3 = lathe.linear %2, %w : (tensor<5x3xf32>, tensor<9x3xf32>) -> tensor<5x9xf32>
  return %3 : tensor<5x9xf32>
}

// -----

// The border of zeros lacks what the norm adds; fewer windows of a transposed convolution meet at the edges.
lathe.weight @w : tensor<4x3x3x3xf32>
lathe.weight @t : tensor<3x4x3x3xf32>
lathe.weight @g : tensor<3xf32>
// CHECK-LABEL: @borders(
// CHECK: lathe.batch_norm
// CHECK: lathe.batch_norm
func.func @borders(%x: tensor<1x3x8x8xf32>) -> (tensor<1x4x8x8xf32>, tensor<1x4x10x10xf32>) {
  %w = lathe.parameter @w : tensor<4x3x3x3xf32>
  %t = lathe.parameter @t : tensor<3x4x3x3xf32>
  %g = lathe.parameter @g : tensor<3xf32>
  %1 = lathe.batch_norm %x, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x3x8x8xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x8x8xf32>
  %2 = lathe.conv2d %1, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.batch_norm %x, %g, %g, %g, %g {eps = 1.000000e-03 : f64} : (tensor<1x3x8x8xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x8x8xf32>
  %4 = lathe.conv_transpose2d %3, %t {dilation = array<i64: 1, 1>, groups = 1 : i64, output_padding = array<i64: 0, 0>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<3x4x3x3xf32>) -> tensor<1x4x10x10xf32>
  return %2, %4 : tensor<1x4x8x8xf32>, tensor<1x4x10x10xf32>
}

// -----

// The shift of a layer norm would be a bias of 8 for a linear layer without, which costs more than the 6 operations saved;
// an RMS norm that others than linear layers read.
lathe.weight @g : tensor<3xf32>
lathe.weight @w : tensor<8x3xf32>
// CHECK-LABEL: @dear(
// CHECK: lathe.layer_norm %arg0, %{{.*}}, %{{.*}} {
// CHECK: lathe.rms_norm %arg0, %{{.*}} {eps
func.func @dear(%x: tensor<5x3xf32>) -> (tensor<5x8xf32>, tensor<5x8xf32>, tensor<5x3xf32>) {
  %g = lathe.parameter @g : tensor<3xf32>
  %w = lathe.parameter @w : tensor<8x3xf32>
  %1 = lathe.layer_norm %x, %g, %g {dims = 1 : i64, eps = 1.000000e-05 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<5x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %2 = lathe.linear %1, %w : (tensor<5x3xf32>, tensor<8x3xf32>) -> tensor<5x8xf32>
  %3 = lathe.rms_norm %x, %g {eps = 1.000000e-05 : f64} : (tensor<5x3xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %4 = lathe.linear %3, %w : (tensor<5x3xf32>, tensor<8x3xf32>) -> tensor<5x8xf32>
  return %2, %4, %3 : tensor<5x8xf32>, tensor<5x8xf32>, tensor<5x3xf32>
}

// -----

// Weights in 16 bits would be rounded again, and what comes from an input is no weight.
lathe.weight @w : tensor<4x3xbf16>
lathe.weight @s : tensor<4xbf16>
lathe.weight @v : tensor<4x3xf32>
// CHECK-LABEL: @others(
// CHECK-COUNT-2: lathe.binary
func.func @others(%x: tensor<5x3xbf16>, %y: tensor<5x3xf32>, %z: tensor<4xf32>) -> (tensor<5x4xbf16>, tensor<5x4xf32>) {
  %w = lathe.parameter @w : tensor<4x3xbf16>
  %s = lathe.parameter @s : tensor<4xbf16>
  %v = lathe.parameter @v : tensor<4x3xf32>
  %1 = lathe.linear %x, %w : (tensor<5x3xbf16>, tensor<4x3xbf16>) -> tensor<5x4xbf16>
  %2 = lathe.binary %1, %s {kind = #lathe<binary_kind mul>} : (tensor<5x4xbf16>, tensor<4xbf16>) -> tensor<5x4xbf16>
  %3 = lathe.linear %y, %v : (tensor<5x3xf32>, tensor<4x3xf32>) -> tensor<5x4xf32>
  %4 = lathe.binary %3, %z {kind = #lathe<binary_kind mul>} : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  return %2, %4 : tensor<5x4xbf16>, tensor<5x4xf32>
}

// -----

// Windows of more than one pixel stay; so does the choice of another input.
lathe.weight @w : tensor<4x3x1x1xf32>
lathe.weight @r : tensor<4x1x3x3xf32>
lathe.weight @g0 : tensor<4xf32>
lathe.weight @g1 : tensor<4xf32>
// CHECK-LABEL: @windows(
// CHECK: lathe.channel_reprogram
// CHECK: lathe.batch_norm
func.func @windows(%x: tensor<1x3x8x8xf32>, %task: tensor<i32>, %other: tensor<i32>) -> tensor<1x4x8x8xf32> {
  %w = lathe.parameter @w : tensor<4x3x1x1xf32>
  %r = lathe.parameter @r : tensor<4x1x3x3xf32>
  %g0 = lathe.parameter @g0 : tensor<4xf32>
  %g1 = lathe.parameter @g1 : tensor<4xf32>
  %g = lathe.choose %task of %g0, %g1 : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %h = lathe.choose %other of %g0, %g1 : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.channel_reprogram %1, %r : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.batch_norm %2, %g, %h, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  return %3 : tensor<1x4x8x8xf32>
}
