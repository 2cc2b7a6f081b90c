// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{parallel=false second-cache-bytes=65536}))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{second-cache-bytes=2097152}))' | FileCheck %s --check-prefix=CACHED
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{parallel=false second-cache-bytes=262144}))' | FileCheck %s --check-prefix=HELD
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=64 registers=32 parallel=false second-cache-bytes=65536}))' | FileCheck %s --check-prefix=WIDE
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{parallel=false second-cache-bytes=1048576}))' | FileCheck %s --check-prefix=LARGE

// Weights that no cache holds: while tiles read a panel, they ask for the next one. 2 x 5 tiles of 16 columns and 6 rows
// read one of 32 x 100 elements, so that each of their steps asks for 4 more, and each tile for 400; with 32 registers of
// 16 lanes, 2 tiles read one. None asks for anything behind the last panel.

// CHECK-LABEL: func @panels
// CHECK: scf.for %[[J:.*]] = %{{.*}} to %c8
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %c5
// CHECK: %[[HALF:.*]] = arith.remui %[[J]], %c2
// CHECK: arith.muli %[[HALF]], %c5
// CHECK: %[[BEFORE:.*]] = arith.addi %{{.*}}, %[[I]]
// CHECK: %[[PART:.*]] = arith.muli %[[BEFORE]], %c400
// CHECK: %[[START:.*]] = arith.minui %[[PART]], %c2800
// CHECK: %[[PANEL:.*]] = arith.divui %{{.*}}, %c32
// CHECK: %[[BEHIND:.*]] = arith.addi %[[PANEL]], %c1
// CHECK: %[[NEXT:.*]] = arith.minui %[[BEHIND]], %c3
// CHECK: %[[BEGIN:.*]] = arith.muli %[[NEXT]], %c3200
// CHECK: %[[FROM:.*]] = arith.addi %[[BEGIN]], %[[START]]
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %arg1 {{.*}} : memref<4x100x32xf32> into memref<12800xf32>
// CHECK: scf.for %[[K:.*]] = %{{.*}} to %c100
// CHECK: %[[STEP:.*]] = arith.muli %[[K]], %c4
// CHECK: %[[AT:.*]] = arith.addi %[[FROM]], %[[STEP]]
// CHECK: memref.prefetch %[[FLAT]][%[[AT]]], read, locality<3>, data : memref<12800xf32>
// Also where a cache holds them: what the rest of a network reads drives them out. But of few, little is missed.
// HELD-LABEL: func @panels
// HELD: scf.for %{{.*}} to %c100
// HELD: memref.prefetch
// CACHED-LABEL: func @panels
// CACHED-NOT: prefetch
// CACHED-LABEL: func @filters
// WIDE-LABEL: func @panels
// WIDE: arith.minui %{{.*}}, %c1600
// WIDE: scf.for %[[K:.*]] = %{{.*}} to %c100
// WIDE: arith.muli %[[K]], %c16
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @panels(%x: memref<28x100xf32>, %w: memref<4x100x32xf32>, %y: memref<28x128xf32>) {
  kernel.nest ins(%x, %w : memref<28x100xf32>, memref<4x100x32xf32>) outs(%y : memref<28x128xf32>)
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

// Filters lie in their panel as the window's loops walk them, whose steps are counted through.

// CHECK-LABEL: func @filters
// CHECK: scf.for %[[P:.*]] = %{{.*}} to %c3
// CHECK: scf.for %[[C:.*]] = %{{.*}} to %c40
// CHECK: %[[LINE:.*]] = arith.muli %[[P]], %c40
// CHECK: %[[STEP:.*]] = arith.addi %[[LINE]], %[[C]]
// CHECK: arith.muli %[[STEP]], %c4
// CHECK: memref.prefetch
#image = affine_map<(n, i, j, f, p, c) -> (n, i, j + p, c)>
#filter = affine_map<(n, i, j, f, p, c) -> (f floordiv 32, p, c, f mod 32)>
#result = affine_map<(n, i, j, f, p, c) -> (n, i, j, f)>
func.func @filters(%x: memref<1x5x8x40xf32>, %w: memref<4x3x40x32xf32>, %y: memref<1x5x6x100xf32>) {
  kernel.nest ins(%x, %w : memref<1x5x8x40xf32>, memref<4x3x40x32xf32>) outs(%y : memref<1x5x6x100xf32>)
      {indexing_maps = [#image, #filter, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true>} reduce {
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

// Columns that are no panels aren't prefetched.

// CHECK-LABEL: func @columns
// CHECK-NOT: prefetch
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d2, d1)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @columns(%x: memref<28x100xf32>, %w: memref<100x128xf32>, %y: memref<28x128xf32>) {
  kernel.nest ins(%x, %w : memref<28x100xf32>, memref<100x128xf32>) outs(%y : memref<28x128xf32>)
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

// Few rows wait for their panel: each step asks for both vectors of columns, of which a line of the cache has room for 16,
// that are read 32 steps (4 kB) later, as long as the panel has some.

// CHECK-LABEL: func @fewRows
// CHECK: scf.for %[[J:.*]] = %{{.*}} to %c8
// CHECK: %[[COLUMN:.*]] = arith.remui %{{.*}}, %c32
// CHECK: %[[INSIDE:.*]] = arith.addi %[[COLUMN]], %c1024
// CHECK: %[[PANEL:.*]] = arith.divui %{{.*}}, %c32
// CHECK: %[[BEGIN:.*]] = arith.muli %[[PANEL]], %c3200
// CHECK: %[[FROM:.*]] = arith.addi %[[BEGIN]], %[[INSIDE]]
// CHECK: %[[LAST:.*]] = arith.addi %[[BEGIN]], %c3184
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %arg1
// CHECK: scf.for %[[K:.*]] = %{{.*}} to %c100
// CHECK: %[[STEP:.*]] = arith.muli %[[K]], %c32
// CHECK: %[[AT:.*]] = arith.addi %[[FROM]], %[[STEP]]
// CHECK: %[[WITHIN:.*]] = arith.minui %[[AT]], %[[LAST]]
// CHECK: memref.prefetch %[[FLAT]][%[[WITHIN]]], read, locality<3>, data : memref<12800xf32>
// CHECK-NOT: prefetch
// WIDE-LABEL: func @fewRows
// WIDE: %[[AT:.*]] = arith.minui
// WIDE: memref.prefetch %[[FLAT:.*]][%[[AT]]]
// WIDE: %[[NEXT:.*]] = arith.addi %[[AT]], %c16
// WIDE: memref.prefetch %[[FLAT]][%[[NEXT]]]
// So do rows of which there are never more.
// CHECK-LABEL: func @boundedRows
// CHECK: %[[STEP:.*]] = arith.muli %{{.*}}, %c32{{(_[0-9]+)?}} :
// CHECK: arith.addi %{{.*}}, %[[STEP]]
// CHECK: arith.minui
// CHECK: memref.prefetch
// CHECK-NOT: prefetch
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#panels = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @fewRows(%x: memref<15x100xf32>, %w: memref<4x100x32xf32>, %y: memref<15x128xf32>) {
  kernel.nest ins(%x, %w : memref<15x100xf32>, memref<4x100x32xf32>) outs(%y : memref<15x128xf32>)
      {indexing_maps = [#x, #panels, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
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

func.func @boundedRows(%x: memref<?x100xf32> {lathe.bounds = array<i64: 1, 100>}, %w: memref<4x100x32xf32>, %y: memref<?x128xf32>) {
  kernel.nest ins(%x, %w : memref<?x100xf32>, memref<4x100x32xf32>) outs(%y : memref<?x128xf32>)
      {indexing_maps = [#x, #panels, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
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

// As many steps as a width has are no more than their bound: 32 kB of panels are half of a cache of 64. Each row of pixels
// meets all panels then. Where a bound is missing, a panel meets all of them.

// CHECK-LABEL: func @bounded
// CHECK: scf.for %{{.*}} to %c7
// CHECK: scf.for %{{.*}} to %c4
// CHECK: scf.for %{{.*}} to %c16
// CHECK-LABEL: func @unbounded
// CHECK: scf.for %{{.*}} to %c4
// CHECK: scf.for %{{.*}} to %c7
// CHECK: scf.for %{{.*}} to %c16
#x = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
#w = affine_map<(d0, d1, d2, d3) -> (d2 floordiv 32, d3, d2 mod 32)>
#y = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
func.func @bounded(%x: memref<7x96x?xf32, strided<[?, ?, 1]>>, %w: memref<2x?x32xf32> {lathe.bounds = array<i64: 2, 128, 32>}, %y: memref<7x96x64xf32>) {
  kernel.nest ins(%x, %w : memref<7x96x?xf32, strided<[?, ?, 1]>>, memref<2x?x32xf32>) outs(%y : memref<7x96x64xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, false, true>} reduce {
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
func.func @unbounded(%x: memref<7x96x?xf32, strided<[?, ?, 1]>>, %w: memref<2x?x32xf32>, %y: memref<7x96x64xf32>) {
  kernel.nest ins(%x, %w : memref<7x96x?xf32, strided<[?, ?, 1]>>, memref<2x?x32xf32>) outs(%y : memref<7x96x64xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, false, true>} reduce {
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

// A slimmable layer reads the first rows of its panels, as many as a width says, in each place of the filter's window:
// there each step asks for its share of the next panel's.

// CHECK-LABEL: func @slimmable
// CHECK: %[[COUNT:.*]] = memref.dim %arg1, %c2{{.*}} : memref<4x3x?x32xf32
// CHECK: %[[PER_TILE:.*]] = arith.muli %[[COUNT]], %c4
// CHECK: %[[PART:.*]] = arith.muli %{{.*}}, %[[PER_TILE]]
// CHECK: %[[FROM:.*]] = arith.minui %[[PART]]
// CHECK: %[[NEXT:.*]] = arith.minui %{{.*}}, %c3
// CHECK: %[[ROWS:.*]] = memref.collapse_shape %arg1 {{\[}}[0], [1], [2, 3]]
// CHECK: scf.for %[[P:.*]] = %{{.*}} to %c3
// CHECK: scf.for %[[C:.*]] = %{{.*}} to %
// CHECK: %[[STEP:.*]] = arith.muli %[[C]], %c4
// CHECK: %[[AT:.*]] = arith.addi %[[FROM]], %[[STEP]]
// CHECK: memref.prefetch %[[ROWS]][%[[NEXT]], %[[P]], %[[AT]]], read, locality<3>, data
// Rows that lie in a panel in another order are left to the processor.
// CHECK-LABEL: func @turned
// CHECK-NOT: prefetch
#image = affine_map<(n, i, j, f, p, c) -> (n, i, j + p, c)>
#filter = affine_map<(n, i, j, f, p, c) -> (f floordiv 32, p, c, f mod 32)>
#turned = affine_map<(n, i, j, f, p, c) -> (f floordiv 32, c, p, f mod 32)>
#result = affine_map<(n, i, j, f, p, c) -> (n, i, j, f)>
func.func @slimmable(%x: memref<1x5x8x?xf32>, %w: memref<4x3x?x32xf32, strided<[7680, 2560, 32, 1]>>, %y: memref<1x5x6x128xf32>) {
  kernel.nest ins(%x, %w : memref<1x5x8x?xf32>, memref<4x3x?x32xf32, strided<[7680, 2560, 32, 1]>>) outs(%y : memref<1x5x6x128xf32>)
      {indexing_maps = [#image, #filter, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true>} reduce {
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
func.func @turned(%x: memref<1x5x8x?xf32>, %w: memref<4x?x3x32xf32, strided<[7680, 96, 32, 1]>>, %y: memref<1x5x6x128xf32>) {
  kernel.nest ins(%x, %w : memref<1x5x8x?xf32>, memref<4x?x3x32xf32, strided<[7680, 96, 32, 1]>>) outs(%y : memref<1x5x6x128xf32>)
      {indexing_maps = [#image, #turned, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true>} reduce {
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

// A result of 2 MB, which a cache of 1 does not hold, comes before it is stored: 40 steps ask for the line of each of 6
// rows. Of 130 steps, memory has time enough; and a result of unknown rows may be small.

// CHECK-LABEL: func @large
// LARGE-LABEL: func @large
// LARGE: scf.for %[[K:.*]] = %{{.*}} to %c40
// LARGE: %[[AT:.*]] = arith.muli %[[K]], %c6
// LARGE: %[[ROW:.*]] = arith.divui %[[AT]], %c40
// LARGE: memref.prefetch %arg2[{{.*}}], write, locality<3>, data : memref<4096x128xf32>
// LARGE-LABEL: func @long
// LARGE-NOT: write
// LARGE-LABEL: func @unknown
// LARGE-NOT: write
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @large(%x: memref<4096x40xf32>, %w: memref<4x40x32xf32>, %y: memref<4096x128xf32>) {
  kernel.nest ins(%x, %w : memref<4096x40xf32>, memref<4x40x32xf32>) outs(%y : memref<4096x128xf32>)
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
func.func @long(%x: memref<4096x130xf32>, %w: memref<4x130x32xf32>, %y: memref<4096x128xf32>) {
  kernel.nest ins(%x, %w : memref<4096x130xf32>, memref<4x130x32xf32>) outs(%y : memref<4096x128xf32>)
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
func.func @unknown(%x: memref<?x40xf32>, %w: memref<4x40x32xf32>, %y: memref<?x128xf32>) {
  kernel.nest ins(%x, %w : memref<?x40xf32>, memref<4x40x32xf32>) outs(%y : memref<?x128xf32>)
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

// Rows of panels that lie apart are left to the processor. Sizes may be too large to be counted, or 0.

// CHECK-LABEL: func @apart
// CHECK-NOT: prefetch
// CHECK-LABEL: func @huge
// LARGE-LABEL: func @huge
// LARGE: memref.prefetch %collapse_shape{{.*}}], write
// LARGE-LABEL: func @noColumns
// LARGE-NOT: write
// LARGE-LABEL: func @noRows
// LARGE-NOT: write
#image = affine_map<(n, i, j, f, p, c) -> (n, i, j + p, c)>
#filter = affine_map<(n, i, j, f, p, c) -> (f floordiv 32, p, c, f mod 32)>
#result = affine_map<(n, i, j, f, p, c) -> (n, i, j, f)>
#rows = affine_map<(d0, d1, d2) -> (d0, d2)>
#weights = affine_map<(d0, d1, d2) -> (d2, d1)>
#sums = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @apart(%x: memref<1x5x8x?xf32>, %w: memref<4x3x?x32xf32, strided<[?, ?, 64, 1]>>, %y: memref<1x5x6x128xf32>) {
  kernel.nest ins(%x, %w : memref<1x5x8x?xf32>, memref<4x3x?x32xf32, strided<[?, ?, 64, 1]>>) outs(%y : memref<1x5x6x128xf32>)
      {indexing_maps = [#image, #filter, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true>} reduce {
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
func.func @huge(%x: memref<1x2305843009213693952x8x40xf32>, %w: memref<4x3x40x32xf32>, %y: memref<1x2305843009213693952x6x128xf32>) {
  kernel.nest ins(%x, %w : memref<1x2305843009213693952x8x40xf32>, memref<4x3x40x32xf32>) outs(%y : memref<1x2305843009213693952x6x128xf32>)
      {indexing_maps = [#image, #filter, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true>} reduce {
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
func.func @noColumns(%x: memref<1x5x8x?xf32>, %w: memref<0x3x?x32xf32>, %y: memref<1x5x6x0xf32>) {
  kernel.nest ins(%x, %w : memref<1x5x8x?xf32>, memref<0x3x?x32xf32>) outs(%y : memref<1x5x6x0xf32>)
      {indexing_maps = [#image, #filter, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true>} reduce {
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
func.func @noRows(%x: memref<0x40xf32>, %w: memref<40x64xf32>, %y: memref<0x64xf32>) {
  kernel.nest ins(%x, %w : memref<0x40xf32>, memref<40x64xf32>) outs(%y : memref<0x64xf32>)
      {indexing_maps = [#rows, #weights, #sums], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
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
