// RUN: lathe-opt %s -split-input-file -verify-diagnostics

func.func @dynamic(%q: memref<?x?xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<1x16x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{needs rows, results and scales of rank 2, 2 and 3, static but for the number of rows}}
  kernel.byte_product rows(%q, %t, %z : memref<?x?xi8>, memref<?x2xf32>, memref<?x2xi32>)
      weights(%u, %s : memref<1x16x128xi8>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>) {shift = 128 : i64}
  return
}

// -----

func.func @units(%q: memref<?x36xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<1x9x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has 2 groups of 36 inputs, which come in 4s [C2]}}
  kernel.byte_product rows(%q, %t, %z : memref<?x36xi8>, memref<?x2xf32>, memref<?x2xi32>)
      weights(%u, %s : memref<1x9x128xi8>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>) {shift = 128 : i64}
  return
}

// -----

func.func @codes(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<1x16x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has an operand of an unfit shape or type, 'memref<1x16x128xi8>' [C3]}}
  kernel.byte_product rows(%q, %t, %z : memref<?x64xi8>, memref<?x2xf32>, memref<?x2xi32>)
      weights(%u, %s : memref<1x16x128xi8>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>) {shift = 8 : i64, packed}
  return
}

// -----

func.func @panels(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<2x16x128xi8>, %s: memref<2x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has 2 panels of 32 columns for results 'memref<?x32xf32>' [C3]}}
  kernel.byte_product rows(%q, %t, %z : memref<?x64xi8>, memref<?x2xf32>, memref<?x2xi32>)
      weights(%u, %s : memref<2x16x128xi8>, memref<2x2x32xf32>) outs(%y : memref<?x32xf32>) {shift = 128 : i64}
  return
}

// -----

func.func @sums(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xf32>, %u: memref<1x16x128xi8>, %s: memref<1x2x32xf32>, %y: memref<?x32xf32>) {
  // expected-error @+1 {{has an operand of an unfit shape or type, 'memref<?x2xf32>' [C3]}}
  kernel.byte_product rows(%q, %t, %z : memref<?x64xi8>, memref<?x2xf32>, memref<?x2xf32>)
      weights(%u, %s : memref<1x16x128xi8>, memref<1x2x32xf32>) outs(%y : memref<?x32xf32>) {shift = 128 : i64}
  return
}
