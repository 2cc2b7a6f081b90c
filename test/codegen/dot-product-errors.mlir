// RUN: lathe-opt %s -split-input-file -verify-diagnostics

func.func @dynamic(%q: memref<?x?xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<1x16x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{needs rows, results and codes of rank 2, 2 and 3, static but for the number of rows}}
  kernel.dot_product rows(%q : memref<?x?xi8>) weights(%u : memref<1x16x128xi8>)
      groups(%t, %z, %s : memref<?x2xf32>, memref<?x2xi32>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>)
  return
}

// -----

func.func @units(%q: memref<?x36xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<1x9x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has 2 groups of 36 inputs, which come in 4s [C2]}}
  kernel.dot_product rows(%q : memref<?x36xi8>) weights(%u : memref<1x9x128xi8>)
      groups(%t, %z, %s : memref<?x2xf32>, memref<?x2xi32>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>)
  return
}

// -----

func.func @codes(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<1x16x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has an operand of an unfit shape or type, 'memref<1x16x128xi8>' [C3]}}
  kernel.dot_product rows(%q : memref<?x64xi8>) weights(%u : memref<1x16x128xi8>)
      groups(%t, %z, %s : memref<?x2xf32>, memref<?x2xi32>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>) {shift = 8 : i64, packed}
  return
}

// -----

func.func @panels(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<2x16x128xi8>, %s: memref<2x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has 2 panels of 32 columns for results 'memref<?x32xf32>' [C3]}}
  kernel.dot_product rows(%q : memref<?x64xi8>) weights(%u : memref<2x16x128xi8>)
      groups(%t, %z, %s : memref<?x2xf32>, memref<?x2xi32>, memref<2x2x32xf32>) outs(%y : memref<?x32xf32>)
  return
}

// -----

func.func @sums(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xf32>, %u: memref<1x16x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has an operand of an unfit shape or type, 'memref<?x2xf32>' [C3]}}
  kernel.dot_product rows(%q : memref<?x64xi8>) weights(%u : memref<1x16x128xi8>)
      groups(%t, %z, %s : memref<?x2xf32>, memref<?x2xf32>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>)
  return
}

// -----

func.func @grouped(%q: memref<?x64xbf16>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<1x32x64xbf16>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has rows 'memref<?x64xbf16>' with groups [C3]}}
  kernel.dot_product rows(%q : memref<?x64xbf16>) weights(%u : memref<1x32x64xbf16>)
      groups(%t, %z, %s : memref<?x2xf32>, memref<?x2xi32>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>)
  return
}

// -----

func.func @ungrouped(%q: memref<?x64xi8>, %u: memref<1x16x128xi8>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has rows 'memref<?x64xi8>' without groups [C3]}}
  kernel.dot_product rows(%q : memref<?x64xi8>) weights(%u : memref<1x16x128xi8>) outs(%y : memref<?x32xf32>)
  return
}

// -----

func.func @shifted(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<1x16x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has a shift, which packed numbers alone have [C2]}}
  kernel.dot_product rows(%q : memref<?x64xi8>) weights(%u : memref<1x16x128xi8>)
      groups(%t, %z, %s : memref<?x2xf32>, memref<?x2xi32>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>) {shift = 128 : i64}
  return
}

// -----

func.func @odd(%q: memref<?x63xbf16>, %u: memref<1x32x64xbf16>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has 1 groups of 63 inputs, which come in 2s [C2]}}
  kernel.dot_product rows(%q : memref<?x63xbf16>) weights(%u : memref<1x32x64xbf16>) outs(%y : memref<?x32xf32>)
  return
}

// -----

func.func @unnamed(%q: memref<?x64xbf16>, %u: memref<1x32x64xbf16>, %b: memref<32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{needs a map an extra, and a 'finish' of its scalars and the sum [C4]}}
  kernel.dot_product rows(%q : memref<?x64xbf16>) weights(%u : memref<1x32x64xbf16>) extras(%b : memref<32xf32>)
      outs(%y : memref<?x32xf32>) {extra_maps = [affine_map<(m, n) -> (n)>]}
  return
}

// -----

func.func @stored(%q: memref<?x64xbf16>, %u: memref<1x32x64xbf16>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has an operand of an unfit shape or type, 'memref<?x32xf32>' [C3]}}
  kernel.dot_product rows(%q : memref<?x64xbf16>) weights(%u : memref<1x32x64xbf16>) outs(%y : memref<?x32xf32>) finish {
  ^bb0(%sum: f32):
    %0 = arith.truncf %sum : f32 to bf16
    kernel.yield %0 : bf16
  }
  return
}

// -----

func.func @square(%q: memref<?x64xi8>, %t: memref<?x1xf32>, %z: memref<?x1xi32>, %u: memref<1x16x128xi8>, %s: memref<1x1x32xf32>, %y: memref<?x32xf32>, %p: memref<2x64xf32>) {
  // expected-error @+1 {{needs f32 of rank 1 for parts, got 'memref<2x64xf32>' [C5]}}
  kernel.dot_product rows(%q : memref<?x64xi8>) weights(%u : memref<1x16x128xi8>) groups(%t, %z, %s : memref<?x1xf32>, memref<?x1xi32>, memref<1x1x32xf32>)
      outs(%y : memref<?x32xf32>) partial(%p : memref<2x64xf32>)
  return
}

// -----

func.func @narrow(%q: memref<?x64xbf16>, %u: memref<1x32x64xbf16>, %y: memref<?x32xf32>, %p: memref<64xf32>) {
  // expected-error @+1 {{has memory for parts of bf16 [C5]}}
  kernel.dot_product rows(%q : memref<?x64xbf16>) weights(%u : memref<1x32x64xbf16>) outs(%y : memref<?x32xf32>) partial(%p : memref<64xf32>)
  return
}
