// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(lathe-lower-to-linalg{channels-last=true winograd=6},lathe-hoist-weight-math)' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(lathe-lower-to-linalg{channels-last=true})' | FileCheck %s --check-prefix=OFF --implicit-check-not=kernel.winograd

// The image is padded as far as whole tiles of 4x4 reach; the filters are transformed when compiling.

// CHECK: lathe.weight @w.prepared : tensor<2x36x64x32xf32>
// CHECK-LABEL: func @tiles
// CHECK: %[[X:.*]] = tensor.insert_slice {{.*}} into {{.*}} : tensor<2x30x26x64xf32> into tensor<2x34x30x64xf32>
// CHECK: %[[W:.*]] = lathe.parameter @w.prepared
// CHECK: kernel.winograd ins(%[[X]] : {{.*}}) filters(%[[W]] : {{.*}}) outs({{.*}} : tensor<2x30x26x64xf32>)
// CHECK-LABEL: func @prepare
// CHECK-DAG: dense<{{.*}}> : tensor<6x3xf32>
// OFF-LABEL: func @tiles
lathe.weight @w : tensor<64x64x3x3xf32>
func.func @tiles(%x: tensor<2x64x30x26xf32>) -> tensor<2x64x30x26xf32> {
  %w = lathe.parameter @w : tensor<64x64x3x3xf32>
  %y = lathe.conv2d %x, %w {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<2x64x30x26xf32>, tensor<64x64x3x3xf32>) -> tensor<2x64x30x26xf32>
  return %y : tensor<2x64x30x26xf32>
}

// -----

// Another border is made first; what lies beyond it is zeros, which no pixel of the result needs. 40 filters are two
// panels of 24.

// CHECK-LABEL: func @wrapped
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<1x32x31x32xf32>)
// CHECK: tensor.insert_slice {{.*}} into %{{.*}}[0, 0, 0, 0] [1, 32, 31, 32] [1, 1, 1, 1] : tensor<1x32x31x32xf32> into tensor<1x34x34x32xf32>
// CHECK: kernel.winograd {{.*}} filters({{.*}} : tensor<2x36x32x24xf32>) outs({{.*}} : tensor<1x30x29x40xf32>)
lathe.weight @v : tensor<40x32x3x3xf32>
func.func @wrapped(%x: tensor<1x32x30x29xf32>) -> tensor<1x40x30x29xf32> {
  %w = lathe.parameter @v : tensor<40x32x3x3xf32>
  %y = lathe.conv2d %x, %w {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode circular>, groups = 1 : i64}
      : (tensor<1x32x30x29xf32>, tensor<40x32x3x3xf32>) -> tensor<1x40x30x29xf32>
  return %y : tensor<1x40x30x29xf32>
}

// -----

// Not for a stride, dilation, groups, other windows, filters that are an input, or f64; nor where there are so few tiles
// that reading 36 numbers a filter takes longer than 9 do.

// CHECK-NOT: kernel.winograd
lathe.weight @w : tensor<64x64x3x3xf32>
lathe.weight @grouped : tensor<64x32x3x3xf32>
lathe.weight @wide : tensor<64x64x5x5xf32>
lathe.weight @many : tensor<512x512x3x3xf32>
lathe.weight @double : tensor<64x64x3x3xf64>
func.func @others(%x: tensor<1x64x30x30xf32>, %few: tensor<1x512x3x3xf32>, %filters: tensor<64x64x3x3xf32>, %z: tensor<1x64x30x30xf64>)
    -> (tensor<1x64x15x15xf32>, tensor<1x64x28x28xf32>, tensor<1x64x30x30xf32>, tensor<1x64x30x30xf32>, tensor<1x512x3x3xf32>, tensor<1x64x30x30xf32>, tensor<1x64x30x30xf64>) {
  %w = lathe.parameter @w : tensor<64x64x3x3xf32>
  %grouped = lathe.parameter @grouped : tensor<64x32x3x3xf32>
  %wide = lathe.parameter @wide : tensor<64x64x5x5xf32>
  %many = lathe.parameter @many : tensor<512x512x3x3xf32>
  %double = lathe.parameter @double : tensor<64x64x3x3xf64>
  %0 = lathe.conv2d %x, %w {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x64x30x30xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x15x15xf32>
  %1 = lathe.conv2d %x, %w {stride = array<i64: 1, 1>, dilation = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x64x30x30xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x28x28xf32>
  %2 = lathe.conv2d %x, %grouped {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 2 : i64}
      : (tensor<1x64x30x30xf32>, tensor<64x32x3x3xf32>) -> tensor<1x64x30x30xf32>
  %3 = lathe.conv2d %x, %wide {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 2, 2, 2, 2>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x64x30x30xf32>, tensor<64x64x5x5xf32>) -> tensor<1x64x30x30xf32>
  %4 = lathe.conv2d %few, %many {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x512x3x3xf32>, tensor<512x512x3x3xf32>) -> tensor<1x512x3x3xf32>
  %5 = lathe.conv2d %x, %filters {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x64x30x30xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x30x30xf32>
  %6 = lathe.conv2d %z, %double {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x64x30x30xf64>, tensor<64x64x3x3xf64>) -> tensor<1x64x30x30xf64>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<1x64x15x15xf32>, tensor<1x64x28x28xf32>, tensor<1x64x30x30xf32>, tensor<1x64x30x30xf32>, tensor<1x512x3x3xf32>, tensor<1x64x30x30xf32>, tensor<1x64x30x30xf64>
}

// -----

// Nor for so many channels that a tile's transform is too large for a stack.

// CHECK-LABEL: func @many
// CHECK-NOT: kernel.winograd
// CHECK-LABEL: func @prepare
lathe.weight @w : tensor<8x20000x3x3xf32>
func.func @many(%x: tensor<1x20000x30x30xf32>) -> tensor<1x8x30x30xf32> {
  %w = lathe.parameter @w : tensor<8x20000x3x3xf32>
  %y = lathe.conv2d %x, %w {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x20000x30x30xf32>, tensor<8x20000x3x3xf32>) -> tensor<1x8x30x30xf32>
  return %y : tensor<1x8x30x30xf32>
}

// -----

// Nor where so few tiles fit into a block that all filters would pass through the cache five times.

// CHECK-LABEL: func @blocks
// CHECK-NOT: kernel.winograd
// CHECK-LABEL: func @prepare
lathe.weight @w : tensor<256x2048x3x3xf32>
func.func @blocks(%x: tensor<1x2048x7x9xf32>) -> tensor<1x256x7x9xf32> {
  %w = lathe.parameter @w : tensor<256x2048x3x3xf32>
  %y = lathe.conv2d %x, %w {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x2048x7x9xf32>, tensor<256x2048x3x3xf32>) -> tensor<1x256x7x9xf32>
  return %y : tensor<1x256x7x9xf32>
}
