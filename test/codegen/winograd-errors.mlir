// RUN: lathe-opt %s -split-input-file -verify-diagnostics

func.func @dynamic(%x: memref<1x10x?x8xf32>, %w: memref<1x36x8x8xf32>, %y: memref<1x8x8x8xf32>) {
  // expected-error @+1 {{needs an image, filters and a result of f32 and rank 4, static but for the number of images, channels and features, got 'memref<1x10x?x8xf32>'}}
  kernel.winograd ins(%x : memref<1x10x?x8xf32>) filters(%w : memref<1x36x8x8xf32>) outs(%y : memref<1x8x8x8xf32>)
  return
}

// -----

// Some rows are a part of a buffer, not of a tensor.
func.func @rows(%x: tensor<1x?x10x8xf32>, %w: tensor<1x36x8x8xf32>, %y: tensor<1x?x8x8xf32>) -> tensor<1x?x8x8xf32> {
  // expected-error @+1 {{static but for the number of images, channels and features, got 'tensor<1x?x10x8xf32>'}}
  %0 = kernel.winograd ins(%x : tensor<1x?x10x8xf32>) filters(%w : tensor<1x36x8x8xf32>) outs(%y : tensor<1x?x8x8xf32>) -> tensor<1x?x8x8xf32>
  return %0 : tensor<1x?x8x8xf32>
}

// -----

func.func @short(%x: memref<1x10x9x8xf32>, %w: memref<1x36x8x8xf32>, %y: memref<1x8x7x8xf32>) {
  // expected-error @+1 {{do not give whole tiles of 'memref<1x8x7x8xf32>' [C1]}}
  kernel.winograd ins(%x : memref<1x10x9x8xf32>) filters(%w : memref<1x36x8x8xf32>) outs(%y : memref<1x8x7x8xf32>)
  return
}

// -----

func.func @points(%x: memref<1x10x10x8xf32>, %w: memref<1x25x8x8xf32>, %y: memref<1x8x8x8xf32>) {
  // expected-error @+1 {{do not give whole tiles}}
  kernel.winograd ins(%x : memref<1x10x10x8xf32>) filters(%w : memref<1x25x8x8xf32>) outs(%y : memref<1x8x8x8xf32>)
  return
}

// -----

func.func @channels(%x: memref<1x10x10x9xf32>, %w: memref<1x36x8x8xf32>, %y: memref<1x8x8x8xf32>) {
  // expected-error @+1 {{do not give whole tiles}}
  kernel.winograd ins(%x : memref<1x10x10x9xf32>) filters(%w : memref<1x36x8x8xf32>) outs(%y : memref<1x8x8x8xf32>)
  return
}

// -----

func.func @panels(%x: memref<1x10x10x8xf32>, %w: memref<2x36x8x8xf32>, %y: memref<1x8x8x8xf32>) {
  // expected-error @+1 {{do not give whole tiles}}
  kernel.winograd ins(%x : memref<1x10x10x8xf32>) filters(%w : memref<2x36x8x8xf32>) outs(%y : memref<1x8x8x8xf32>)
  return
}

// -----

func.func @finish(%x: memref<1x10x10x8xf32>, %w: memref<1x36x8x8xf32>, %bias: memref<8xf32>, %y: memref<1x8x8x8xf32>) {
  // expected-error @+1 {{needs a map an extra, and a 'finish' of its scalars and the sum [C2]}}
  kernel.winograd ins(%x : memref<1x10x10x8xf32>) filters(%w : memref<1x36x8x8xf32>) extras(%bias : memref<8xf32>) outs(%y : memref<1x8x8x8xf32>) {extra_maps = [affine_map<(f) -> (f)>]} finish {
  ^bb0(%b: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Sizes that are not known are those of a width; that of the other side still has to fit.
func.func @widths(%x: memref<1x10x10x?xf32>, %w: memref<2x36x8x8xf32>, %y: memref<1x8x8x8xf32>) {
  // expected-error @+1 {{do not give whole tiles}}
  kernel.winograd ins(%x : memref<1x10x10x?xf32>) filters(%w : memref<2x36x8x8xf32>) outs(%y : memref<1x8x8x8xf32>)
  return
}

// -----

func.func @filters(%x: memref<1x10x10x?xf32>, %w: memref<1x36x?x8xf32>, %y: memref<1x8x8x8xf32>) {
  // expected-error @+1 {{static but for the number of images, channels and features}}
  kernel.winograd ins(%x : memref<1x10x10x?xf32>) filters(%w : memref<1x36x?x8xf32>) outs(%y : memref<1x8x8x8xf32>)
  return
}
