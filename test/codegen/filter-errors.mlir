// RUN: lathe-opt %s -split-input-file -verify-diagnostics

func.func @images(%x: memref<1x6x?x4xf32>, %w: memref<2x2x2x2xf32>, %b: memref<2x2x2xf32>) {
  // expected-error @+1 {{needs images [N, H, W, C] of static sizes, got 'memref<1x6x?x4xf32>' and 'memref<1x6x?x4xf32>' [C1]}}
  kernel.frequency_filter ins(%x : memref<1x6x?x4xf32>)
      weights(%w, %b, %w, %b : memref<2x2x2x2xf32>, memref<2x2x2xf32>, memref<2x2x2x2xf32>, memref<2x2x2xf32>)
      outs(%x : memref<1x6x?x4xf32>) hidden { ^bb0(%a: f32): kernel.yield %a : f32 } mask { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}

// -----

func.func @type(%x: memref<1x6x6x4xf16>, %w: memref<2x2x2x2xf32>, %b: memref<2x2x2xf32>) {
  // expected-error @+1 {{needs f32, got 'memref<1x6x6x4xf16>' [C1]}}
  kernel.frequency_filter ins(%x : memref<1x6x6x4xf16>)
      weights(%w, %b, %w, %b : memref<2x2x2x2xf32>, memref<2x2x2xf32>, memref<2x2x2x2xf32>, memref<2x2x2xf32>)
      outs(%x : memref<1x6x6x4xf16>) hidden { ^bb0(%a: f32): kernel.yield %a : f32 } mask { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}

// -----

func.func @parameter(%x: memref<1x6x6x4xf32>, %w: memref<2x2x2x2xf32>, %b: memref<2x2x3xf32>) {
  // expected-error @+1 {{has a parameter 'memref<2x2x3xf32>' for 4 channels [C2]}}
  kernel.frequency_filter ins(%x : memref<1x6x6x4xf32>)
      weights(%w, %b, %w, %b : memref<2x2x2x2xf32>, memref<2x2x3xf32>, memref<2x2x2x2xf32>, memref<2x2x3xf32>)
      outs(%x : memref<1x6x6x4xf32>) hidden { ^bb0(%a: f32): kernel.yield %a : f32 } mask { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}

// -----

func.func @region(%x: memref<1x6x6x4xf32>, %w: memref<2x2x2x2xf32>, %b: memref<2x2x2xf32>) {
  // expected-error @+1 {{needs regions from one f32 to one f32 [C3]}}
  kernel.frequency_filter ins(%x : memref<1x6x6x4xf32>)
      weights(%w, %b, %w, %b : memref<2x2x2x2xf32>, memref<2x2x2xf32>, memref<2x2x2x2xf32>, memref<2x2x2xf32>)
      outs(%x : memref<1x6x6x4xf32>) hidden { ^bb0(%a: f32): kernel.yield %a : f32 } mask { ^bb0(%a: f32): kernel.yield }
  return
}

// -----

func.func @spectrum(%x: memref<3x128x128x4xf32>, %w: memref<2x2x2x2xf32>, %b: memref<2x2x2xf32>, %s: memref<3x8xf32>) {
  // expected-error @+1 {{needs spectra of 266240 numbers an image, got 'memref<3x8xf32>' [C4]}}
  kernel.frequency_filter ins(%x : memref<3x128x128x4xf32>)
      weights(%w, %b, %w, %b : memref<2x2x2x2xf32>, memref<2x2x2xf32>, memref<2x2x2x2xf32>, memref<2x2x2xf32>)
      outs(%x : memref<3x128x128x4xf32>) spectrum(%s : memref<3x8xf32>)
      hidden { ^bb0(%a: f32): kernel.yield %a : f32 } mask { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
