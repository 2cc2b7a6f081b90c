// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(lathe-lower-to-linalg{channels-last=true},lathe-hoist-weight-math,func.func(lathe-form-nests))' | FileCheck %s
// A transposed convolution multiplies with no zeros between pixels: each row of its result has the taps of its remainder.

// Of 4 taps a remainder has 2, so that half the rows and half the columns are summed: the image is padded by a row.

// CHECK-DAG: #[[IMAGE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, (d1 + 1) floordiv 2 + d4, (d2 + 1) floordiv 2 + d5, d6)>
// CHECK-DAG: #[[TAPS:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> ((d1 + 1) mod 2, (d2 + 1) mod 2, d4, d5, d6, d3)>
// CHECK: lathe.weight @w.prepared : tensor<2x2x2x2x3x5xf32>
// CHECK-LABEL: func @up
// CHECK: tensor.empty() : tensor<1x10x12x3xf32>
// CHECK: kernel.nest ins(%{{.*}} : tensor<1x10x12x3xf32>, tensor<2x2x2x2x3x5xf32>, {{.*}}indexing_maps = [#[[IMAGE]], #[[TAPS]],
lathe.weight @w : tensor<3x5x4x4xf32>
lathe.weight @b : tensor<5xf32>
func.func @up(%x: tensor<1x3x8x10xf32>) -> tensor<1x5x16x20xf32> {
  %w = lathe.parameter @w : tensor<3x5x4x4xf32>
  %b = lathe.parameter @b : tensor<5xf32>
  %y = lathe.conv_transpose2d %x, %w, %b {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, output_padding = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x3x8x10xf32>, tensor<3x5x4x4xf32>, tensor<5xf32>) -> tensor<1x5x16x20xf32>
  return %y : tensor<1x5x16x20xf32>
}

// -----

// Three taps are four, the last a zero.

// CHECK: lathe.weight @w.prepared : tensor<2x2x2x2x4x4xf32>
// CHECK-LABEL: func @three
// CHECK-LABEL: func @prepare.w
// CHECK: tensor.insert_slice %arg0 into %{{.*}}[0, 0, 0, 0] [4, 4, 3, 3] {{.*}} into tensor<4x4x4x4xf32>
lathe.weight @w : tensor<4x4x3x3xf32>
func.func @three(%x: tensor<1x4x5x5xf32>) -> tensor<1x4x11x11xf32> {
  %w = lathe.parameter @w : tensor<4x4x3x3xf32>
  %y = lathe.conv_transpose2d %x, %w {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x4x5x5xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x11x11xf32>
  return %y : tensor<1x4x11x11xf32>
}

// -----

// With groups, and where filters are dilated, zeros stay between the pixels.

// CHECK-NOT: mod 2
// CHECK-LABEL: func @others
// CHECK: tensor.insert_slice {{.*}} [1, 2, 2, 1] : tensor<1x5x5x4xf32> into tensor<1x13x13x4xf32>
// CHECK: tensor.insert_slice {{.*}} [1, 2, 2, 1] : tensor<1x5x5x4xf32> into tensor<1x17x17x4xf32>
lathe.weight @w : tensor<4x4x3x3xf32>
lathe.weight @g : tensor<4x2x3x3xf32>
func.func @others(%x: tensor<1x4x5x5xf32>) -> (tensor<1x4x11x11xf32>, tensor<1x4x13x13xf32>) {
  %w = lathe.parameter @w : tensor<4x4x3x3xf32>
  %g = lathe.parameter @g : tensor<4x2x3x3xf32>
  %0 = lathe.conv_transpose2d %x, %g {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, groups = 2 : i64}
      : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x11x11xf32>
  %1 = lathe.conv_transpose2d %x, %w {stride = array<i64: 2, 2>, dilation = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x4x5x5xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x13x13xf32>
  return %0, %1 : tensor<1x4x11x11xf32>, tensor<1x4x13x13xf32>
}
