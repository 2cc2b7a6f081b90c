// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=64 registers=32 parallel=false}))' | FileCheck %s
// Dimensions by whose remainders a nest reads.

// Columns of one remainder read the same filters: they are the rows of a tile, 10 of them, and remainders a loop outside.
// The rows' subscripts are a division of the remainder, which is outside of the reduction, and a sum.

// CHECK: affine_map<(d0, d1, d2) -> (d0 + d2 + (d1 + 1) floordiv 2 + 9)>
// CHECK-LABEL: func @up
// CHECK: memref.expand_shape %arg2 {{.*}} : memref<?x16x20x16xf32> into memref<?x16x10x2x16xf32>
// CHECK: memref.expand_shape %arg3
// CHECK: memref.expand_shape %{{.*}} : memref<?x16x10x2x16xf32> into memref<?x8x2x10x2x16xf32>
// CHECK: memref.expand_shape
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){9}\)}}
// CHECK: memref.load %arg0[{{.*}}] : memref<?x10x12x3xf32>
// CHECK: vector.load %arg1[{{.*}}] : memref<2x2x2x2x3x16xf32>, vector<16xf32>
// CHECK-COUNT-10: vector.store {{.*}} : memref<?x8x2x10x2x16xf32>
// CHECK-NOT: vector.store
#image = affine_map<(n, i, j, f, p, q, c) -> (n, (i + 1) floordiv 2 + p, (j + 1) floordiv 2 + q, c)>
#taps = affine_map<(n, i, j, f, p, q, c) -> ((i + 1) mod 2, (j + 1) mod 2, p, q, c, f)>
#y = affine_map<(n, i, j, f, p, q, c) -> (n, i, j, f)>
func.func @up(%x: memref<?x10x12x3xf32>, %w: memref<2x2x2x2x3x16xf32>, %z: memref<?x16x20x16xf32>, %y: memref<?x16x20x16xf32>) {
  kernel.nest ins(%x, %w, %z : memref<?x10x12x3xf32>, memref<2x2x2x2x3x16xf32>, memref<?x16x20x16xf32>) outs(%y : memref<?x16x20x16xf32>)
      {indexing_maps = [#image, #taps, #y, #y], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true, true>} reduce {
  ^bb0(%p: f32, %q: f32, %r: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %r: f32, %acc: f32):
    %0 = arith.addf %acc, %r : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// Nine columns are no multiple of two.

// CHECK-LABEL: func @odd
// CHECK-NOT: memref.expand_shape
// CHECK: vector.store {{.*}} : memref<9x16xf32>
#image = affine_map<(j, f, q, c) -> ((j + 1) floordiv 2 + q, c)>
#taps = affine_map<(j, f, q, c) -> ((j + 1) mod 2, q, c, f)>
#y = affine_map<(j, f, q, c) -> (j, f)>
func.func @odd(%x: memref<7x3xf32>, %w: memref<2x2x3x16xf32>, %y: memref<9x16xf32>) {
  kernel.nest ins(%x, %w : memref<7x3xf32>, memref<2x2x3x16xf32>) outs(%y : memref<9x16xf32>)
      {indexing_maps = [#image, #taps, #y], init = 0.0 : f32, reductions = array<i1: false, false, true, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// Lanes along panels stay in one dimension.

// CHECK-LABEL: func @panels
// CHECK-NOT: memref.expand_shape
// CHECK: vector.load %arg1[{{.*}}] : memref<2x128x32xf32>, vector<16xf32>
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#z = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @panels(%x: memref<96x128xf32>, %w: memref<2x128x32xf32>, %y: memref<96x64xf32>) {
  kernel.nest ins(%x, %w : memref<96x128xf32>, memref<2x128x32xf32>) outs(%y : memref<96x64xf32>)
      {indexing_maps = [#x, #w, #z], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}
