// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-fuse-spectral))' | FileCheck %s
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-fuse-spectral,lathe-fuse-spectral))' | FileCheck %s
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-fuse-spectral{shared-bytes=216 most-line=8}))' | FileCheck %s --check-prefix=DEVICE
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-fuse-spectral{shared-bytes=215 most-line=8}))' | FileCheck %s --check-prefix=NONE
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-fuse-spectral{shared-bytes=216 most-line=7}))' | FileCheck %s --check-prefix=NONE

// On a device a workgroup has to share a column of three channels, eight frequencies, and one more of what is between the
// products, and an invocation has a line.

// DEVICE-LABEL: func @marked
// DEVICE: lathe.fused
// DEVICE-LABEL: func @large
// DEVICE-NOT: lathe.fused
// NONE-NOT: lathe.fused

// A filter is marked for the lowering that keeps its spectrum in cache; twice is once.

// CHECK-LABEL: func @marked
// CHECK: lathe.frequency_filter {{.*}}lathe.fused
func.func @marked(%x: tensor<2x6x8x7xf32>, %w: tensor<2x2x3x3xf32>, %b: tensor<2x2x3xf32>) -> tensor<2x6x8x7xf32> {
  %y = lathe.frequency_filter %x, %w, %b, %w, %b
      {act = #lathe<activation_kind silu>, blocks = 2 : i64, softshrink = 0.01 : f64}
      : (tensor<2x6x8x7xf32>, tensor<2x2x3x3xf32>, tensor<2x2x3xf32>, tensor<2x2x3x3xf32>, tensor<2x2x3xf32>)
      -> tensor<2x6x8x7xf32>
  return %y : tensor<2x6x8x7xf32>
}

// Narrow blocks of large images have their spectra in memory.

// CHECK-LABEL: func @large
// CHECK: lathe.frequency_filter {{.*}}lathe.fused
func.func @large(%x: tensor<2x6x128x128xf32>, %w: tensor<2x2x3x3xf32>, %b: tensor<2x2x3xf32>) -> tensor<2x6x128x128xf32> {
  %y = lathe.frequency_filter %x, %w, %b, %w, %b
      {act = #lathe<activation_kind silu>, blocks = 2 : i64, softshrink = 0.01 : f64}
      : (tensor<2x6x128x128xf32>, tensor<2x2x3x3xf32>, tensor<2x2x3xf32>, tensor<2x2x3x3xf32>, tensor<2x2x3xf32>)
      -> tensor<2x6x128x128xf32>
  return %y : tensor<2x6x128x128xf32>
}

// f64 has no such code, and of blocks of 65 channels, whose spectra of 128 by 65 frequencies no stack holds, products take
// the time.

// CHECK-LABEL: func @kept
// CHECK-NOT: lathe.fused
func.func @kept(%x: tensor<2x6x8x7xf64>, %w: tensor<2x2x3x3xf64>, %b: tensor<2x2x3xf64>,
                %large: tensor<2x130x128x128xf32>, %v: tensor<2x2x65x65xf32>, %c: tensor<2x2x65xf32>)
    -> (tensor<2x6x8x7xf64>, tensor<2x130x128x128xf32>) {
  %y = lathe.frequency_filter %x, %w, %b, %w, %b
      {act = #lathe<activation_kind silu>, blocks = 2 : i64, softshrink = 0.01 : f64}
      : (tensor<2x6x8x7xf64>, tensor<2x2x3x3xf64>, tensor<2x2x3xf64>, tensor<2x2x3x3xf64>, tensor<2x2x3xf64>)
      -> tensor<2x6x8x7xf64>
  %z = lathe.frequency_filter %large, %v, %c, %v, %c
      {act = #lathe<activation_kind silu>, blocks = 2 : i64, softshrink = 0.01 : f64}
      : (tensor<2x130x128x128xf32>, tensor<2x2x65x65xf32>, tensor<2x2x65xf32>, tensor<2x2x65x65xf32>, tensor<2x2x65xf32>)
      -> tensor<2x130x128x128xf32>
  return %y, %z : tensor<2x6x8x7xf64>, tensor<2x130x128x128xf32>
}

// Of 800 channels a tile of frequencies alone is too large.

// CHECK-LABEL: func @wide
// CHECK-NOT: lathe.fused
func.func @wide(%x: tensor<1x800x2x2xf32>, %w: tensor<2x1x800x800xf32>, %b: tensor<2x1x800xf32>) -> tensor<1x800x2x2xf32> {
  %y = lathe.frequency_filter %x, %w, %b, %w, %b
      {act = #lathe<activation_kind silu>, blocks = 1 : i64, softshrink = 0.01 : f64}
      : (tensor<1x800x2x2xf32>, tensor<2x1x800x800xf32>, tensor<2x1x800xf32>, tensor<2x1x800x800xf32>, tensor<2x1x800xf32>)
      -> tensor<1x800x2x2xf32>
  return %y : tensor<1x800x2x2xf32>
}
