// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{parallel=false second-cache-bytes=262144},canonicalize,cse))' | FileCheck %s

// Rows of 20 kB are summed in three parts of at most 8 kB, in multiples of a vector. The first part stores its sums, the
// second adds to them, and only the third applies what comes behind. Each fetches its part of the next panel.

// CHECK-LABEL: func @long
// CHECK: memref.subview %arg0[0, 0] [40, 1680] [1, 1]
// CHECK: %[[FIRST:.*]] = memref.subview %arg1[0, 0, 0] [4, 1680, 32] [1, 1, 1]
// CHECK: scf.for {{.*}} to %c1680
// CHECK: %[[FIRST_ROWS:.*]] = memref.collapse_shape %[[FIRST]] {{\[}}[0], [1, 2]]
// CHECK: memref.prefetch %[[FIRST_ROWS]][
// CHECK-NOT: vector.load %arg2
// CHECK-NOT: arith.maximumf
// CHECK: memref.subview %arg0[0, 1680] [40, 1680] [1, 1]
// CHECK: %[[SECOND:.*]] = memref.subview %arg1[0, 1680, 0] [4, 1680, 32] [1, 1, 1]
// CHECK: scf.for {{.*}} to %c1680
// CHECK: %[[SECOND_ROWS:.*]] = memref.collapse_shape %[[SECOND]] {{\[}}[0], [1, 2]]
// CHECK: memref.prefetch %[[SECOND_ROWS]][
// CHECK: vector.load %arg2[{{.*}} : memref<40x128xf32>
// CHECK-NOT: arith.maximumf
// CHECK: memref.subview %arg0[0, 3360] [40, 1640] [1, 1]
// CHECK: %[[THIRD:.*]] = memref.subview %arg1[0, 3360, 0] [4, 1640, 32] [1, 1, 1]
// CHECK: scf.for {{.*}} to %c1640
// CHECK: %[[THIRD_ROWS:.*]] = memref.collapse_shape %[[THIRD]] {{\[}}[0], [1, 2]]
// CHECK: memref.prefetch %[[THIRD_ROWS]][
// CHECK: vector.load %arg2[{{.*}} : memref<40x128xf32>
// CHECK: arith.maximumf
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @long(%x: memref<40x5000xf32>, %w: memref<4x5000x32xf32>, %y: memref<40x128xf32>) {
  kernel.nest ins(%x, %w : memref<40x5000xf32>, memref<4x5000x32xf32>) outs(%y : memref<40x128xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %zero = arith.constant 0.0 : f32
    %0 = arith.maximumf %acc, %zero : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// A length with a bound is cut into as many parts as the bound would be. Of a shorter one, the last parts are empty.

// CHECK-LABEL: func @upTo
// CHECK: %[[SIZE:.*]] = memref.dim %arg0, %c1
// CHECK: %[[SECOND:.*]] = arith.minsi %[[SIZE]], %c1680
// CHECK: memref.subview %arg0[0, 0] [40, %[[SECOND]]] [1, 1]
// CHECK-NOT: vector.load %arg2
// CHECK-NOT: arith.maximumf
// CHECK: %[[BEHIND:.*]] = arith.subi %[[SIZE]], %[[SECOND]]
// CHECK: %[[REST:.*]] = arith.minsi %[[BEHIND]], %c1680
// CHECK: memref.subview %arg0[0, %[[SECOND]]] [40, %[[REST]]] [1, 1]
// CHECK: memref.subview %arg1[0, %[[SECOND]], 0] [4, %[[REST]], 32] [1, 1, 1]
// CHECK: vector.load %arg2[{{.*}} : memref<40x128xf32>
// CHECK-NOT: arith.maximumf
// CHECK: %[[THIRD:.*]] = arith.minsi %[[SIZE]], %c3360
// CHECK: memref.subview %arg1[0, %[[THIRD]], 0] [4, %{{.*}}, 32] [1, 1, 1]
// CHECK: vector.load %arg2[{{.*}} : memref<40x128xf32>
// CHECK: arith.maximumf
// CHECK-NOT: memref.subview
// CHECK-LABEL: func @unbounded
// CHECK-NOT: memref.subview
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @upTo(%x: memref<40x?xf32> {lathe.bounds = array<i64: 40, 5000>}, %w: memref<4x?x32xf32>, %y: memref<40x128xf32>) {
  kernel.nest ins(%x, %w : memref<40x?xf32>, memref<4x?x32xf32>) outs(%y : memref<40x128xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %zero = arith.constant 0.0 : f32
    %0 = arith.maximumf %acc, %zero : f32
    kernel.yield %0 : f32
  }
  return
}
func.func @unbounded(%x: memref<40x?xf32>, %w: memref<4x?x32xf32>, %y: memref<40x128xf32>) {
  kernel.nest ins(%x, %w : memref<40x?xf32>, memref<4x?x32xf32>) outs(%y : memref<40x128xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
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

// One tile of rows reads a panel once. A narrower output cannot hold the sums, and a maximum is no sum.

// CHECK-LABEL: func @few
// CHECK-NOT: memref.subview
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @few(%x: memref<6x5000xf32>, %w: memref<4x5000x32xf32>, %y: memref<6x128xf32>) {
  kernel.nest ins(%x, %w : memref<6x5000xf32>, memref<4x5000x32xf32>) outs(%y : memref<6x128xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
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
// So do rows of which there are never more than a tile's.
// CHECK-LABEL: func @bounded
// CHECK-NOT: memref.subview
func.func @bounded(%x: memref<?x5000xf32> {lathe.bounds = array<i64: 6, 5000>}, %w: memref<4x5000x32xf32>, %y: memref<?x128xf32>) {
  kernel.nest ins(%x, %w : memref<?x5000xf32>, memref<4x5000x32xf32>) outs(%y : memref<?x128xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
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
// CHECK-LABEL: func @narrow
// CHECK-NOT: memref.subview
func.func @narrow(%x: memref<40x5000xf32>, %w: memref<4x5000x32xf32>, %y: memref<40x128xbf16>) {
  kernel.nest ins(%x, %w : memref<40x5000xf32>, memref<4x5000x32xf32>) outs(%y : memref<40x128xbf16>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.truncf %acc : f32 to bf16
    kernel.yield %0 : bf16
  }
  return
}
// CHECK-LABEL: func @largest
// CHECK-NOT: memref.subview
func.func @largest(%x: memref<40x5000xf32>, %w: memref<4x5000x32xf32>, %y: memref<40x128xf32>) {
  kernel.nest ins(%x, %w : memref<40x5000xf32>, memref<4x5000x32xf32>) outs(%y : memref<40x128xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.maximumf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}
