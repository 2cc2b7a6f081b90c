// RUN: lathe-opt %s -split-input-file -verify-diagnostics

func.func @rank(%x: memref<4x8xf32>, %y: memref<1x4x8xf32>) {
  // expected-error @+1 {{'kernel.attention' op needs floats of at most 32 bits of rank 3, got 'memref<4x8xf32>' [C1]}}
  kernel.attention ins(%x, %y, %y : memref<4x8xf32>, memref<1x4x8xf32>, memref<1x4x8xf32>)
      outs(%y : memref<1x4x8xf32>) {heads = 2, kv_heads = 2, scale = 1.0 : f64}
  return
}

// -----

func.func @wide(%y: memref<1x4x8xf64>) {
  // expected-error @+1 {{needs floats of at most 32 bits of rank 3, got 'memref<1x4x8xf64>' [C1]}}
  kernel.attention ins(%y, %y, %y : memref<1x4x8xf64>, memref<1x4x8xf64>, memref<1x4x8xf64>)
      outs(%y : memref<1x4x8xf64>) {heads = 2, kv_heads = 2, scale = 1.0 : f64}
  return
}

// -----

func.func @bias(%y: memref<1x4x8xf32>, %b: memref<4x4xf32>) {
  // expected-error @+1 {{needs floats of at most 32 bits of rank 4, got 'memref<4x4xf32>' [C1]}}
  kernel.attention ins(%y, %y, %y : memref<1x4x8xf32>, memref<1x4x8xf32>, memref<1x4x8xf32>) bias(%b : memref<4x4xf32>)
      outs(%y : memref<1x4x8xf32>) {heads = 2, kv_heads = 2, scale = 1.0 : f64}
  return
}

// -----

func.func @heads(%y: memref<1x4x8xf32>) {
  // expected-error @+1 {{cannot split the features of 'memref<1x4x8xf32>', 'memref<1x4x8xf32>', 'memref<1x4x8xf32>' and 'memref<1x4x8xf32>' into 4 heads and 2 of key and value [C2]}}
  kernel.attention ins(%y, %y, %y : memref<1x4x8xf32>, memref<1x4x8xf32>, memref<1x4x8xf32>)
      outs(%y : memref<1x4x8xf32>) {heads = 4, kv_heads = 2, scale = 1.0 : f64}
  return
}

// -----

func.func @parts(%y: memref<1x4x8xf32>, %p: memref<2x64xf32>) {
  // expected-error @+1 {{needs f32 of rank 1 for parts, got 'memref<2x64xf32>' [C3]}}
  kernel.attention ins(%y, %y, %y : memref<1x4x8xf32>, memref<1x4x8xf32>, memref<1x4x8xf32>)
      outs(%y : memref<1x4x8xf32>) partial(%p : memref<2x64xf32>) {heads = 2, kv_heads = 2, scale = 1.0 : f64}
  return
}
