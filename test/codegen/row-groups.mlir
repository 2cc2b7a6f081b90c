// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{parallel=false second-cache-bytes=262144},canonicalize,cse))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{parallel=false second-cache-bytes=524288},canonicalize,cse))' | FileCheck %s --check-prefix=LARGE
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{second-cache-bytes=262144},canonicalize,cse))' | FileCheck %s --check-prefix=SHARED

// Rows of 1 kB: five eighths of the cache hold 26 tiles of 6. All panels meet the tiles of a group, so many of all tiles
// as leave no group much smaller than others, before they meet those of the next; the last group may have fewer.

// CHECK-LABEL: func @many
// CHECK: %[[ROWS:.*]] = memref.dim %arg0
// CHECK: %[[GROUPS:.*]] = arith.ceildivui %[[ROWS]], %c156
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %[[GROUPS]]
// CHECK: scf.for {{.*}} to %c16 step
// CHECK: %[[TILES:.*]] = arith.ceildivui %{{.*}}, %c6
// CHECK: %[[EACH:.*]] = arith.ceildivui %[[TILES]], %{{.*}}
// CHECK: %[[FIRST:.*]] = arith.muli %[[GROUP]], %[[EACH]]
// CHECK: %[[LEFT:.*]] = arith.subi %[[TILES]], %[[FIRST]]
// CHECK: %[[NOT_LESS:.*]] = arith.maxsi %[[LEFT]], %c0
// CHECK: %[[COUNT:.*]] = arith.minui %[[NOT_LESS]], %[[EACH]]
// CHECK: scf.for %[[I:.*]] = %c0 to %[[COUNT]]
// CHECK: %[[BLOCK:.*]] = arith.addi %[[FIRST]], %[[I]]
// CHECK: arith.muli %[[BLOCK]], %c6
// Rows are read once for each panel, also where the cache holds all panels: it does not hold any number of rows.
// LARGE-LABEL: func @many
// LARGE: arith.ceildivui %{{.*}}, %c318
// LARGE: arith.maxsi
// Threads share groups and panels, not tiles.
// SHARED-LABEL: func @many
// SHARED: %[[TASKS:.*]] = arith.muli %{{.*}}, %c16
// SHARED: kernel.parallel %[[TASKS]]
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @many(%x: memref<?x256xf32>, %w: memref<8x256x32xf32>, %y: memref<?x256xf32>) {
  kernel.nest ins(%x, %w : memref<?x256xf32>, memref<8x256x32xf32>) outs(%y : memref<?x256xf32>)
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

// Of longer rows the cache would hold so few that panels would come from memory too often.

// CHECK-LABEL: func @long
// CHECK-NOT: arith.maxsi
// CHECK: return
// LARGE-LABEL: func @long
// LARGE: arith.ceildivui %{{.*}}, %c156
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @long(%x: memref<?x512xf32>, %w: memref<8x512x32xf32>, %y: memref<?x256xf32>) {
  kernel.nest ins(%x, %w : memref<?x512xf32>, memref<8x512x32xf32>) outs(%y : memref<?x256xf32>)
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

// A few rows are in the cache together.

// CHECK-LABEL: func @few
// CHECK: arith.maxsi
// LARGE-LABEL: func @few
// LARGE-NOT: arith.maxsi
// LARGE: return
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @few(%x: memref<300x256xf32>, %w: memref<8x256x32xf32>, %y: memref<300x256xf32>) {
  kernel.nest ins(%x, %w : memref<300x256xf32>, memref<8x256x32xf32>) outs(%y : memref<300x256xf32>)
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

// Images stand outside of their rows' groups where the cache holds all panels. Where it does not, they would stand
// between panels and rows, and there are no groups.

// CHECK-LABEL: func @images
// CHECK-NOT: arith.maxsi
// CHECK: return
// LARGE-LABEL: func @images
// LARGE: %[[IMAGES:.*]] = memref.dim %arg0, %c0
// LARGE: scf.for {{.*}} to %[[IMAGES]]
// LARGE: scf.for {{.*}} to %c4 step
// LARGE: scf.for {{.*}} to %c16 step
#x = affine_map<(n, d0, d1, d2) -> (n, d0, d2)>
#w = affine_map<(n, d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(n, d0, d1, d2) -> (n, d0, d1)>
func.func @images(%x: memref<?x1200x256xf32>, %w: memref<8x256x32xf32>, %y: memref<?x1200x256xf32>) {
  kernel.nest ins(%x, %w : memref<?x1200x256xf32>, memref<8x256x32xf32>) outs(%y : memref<?x1200x256xf32>)
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
