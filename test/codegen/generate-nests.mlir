// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=32 registers=16}))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=64 registers=32}))' | FileCheck %s --check-prefix=WIDE
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vectorise=false parallel=false}))' | FileCheck %s --check-prefix=PLAIN
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=16 masks=false}))' | FileCheck %s --check-prefix=WHOLE
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{least-thread-work=1000}))' | FileCheck %s --check-prefix=SHARE
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{parallel=false second-cache-bytes=18432}))' | FileCheck %s --check-prefix=INSIDE
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{parallel=false second-cache-bytes=18000}))' | FileCheck %s --check-prefix=OUTSIDE

// A product: the register tile is rows x vectors, its accumulators carried
// through the reduction, which broadcasts one element of the left operand a
// row. 16 registers of 8 lanes hold 6 x 2 accumulators, 32 of 16 lanes 14 x 2.

// CHECK-LABEL: func @product
// CHECK: kernel.parallel
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK: vector.load %arg1[{{.*}}] : memref<128x64xf32>, vector<8xf32>
// CHECK: vector.broadcast %{{.*}} : f32 to vector<8xf32>
// CHECK: arith.mulf {{.*}} fastmath<contract> : vector<8xf32>
// CHECK: arith.addf {{.*}} fastmath<contract> : vector<8xf32>
// CHECK-NOT: vector.maskedload
// WIDE-LABEL: func @product
// WIDE: scf.for {{.*}} -> (vector<16xf32>,
// PLAIN-LABEL: func @product
// PLAIN-NOT: vector
// PLAIN-NOT: kernel.parallel
// PLAIN: memref.store
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @product(%x: memref<96x128xf32>, %w: memref<128x64xf32>, %y: memref<96x64xf32>) {
  kernel.nest ins(%x, %w : memref<96x128xf32>, memref<128x64xf32>) outs(%y : memref<96x64xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
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

// Filters of 9 kB: where the cache does not hold all of them beside other things, the loop over blocks of columns stands
// outside of that over the image's lines, and of the images; not of that over groups, each of which has its own.

// INSIDE-LABEL: func @window
// INSIDE: scf.for %{{.*}} = %{{.*}} to %c5
// INSIDE: scf.for %{{.*}} = %{{.*}} to %c7
// INSIDE: scf.for %{{.*}} = %{{.*}} to %c3
// OUTSIDE-LABEL: func @window
// OUTSIDE: scf.for %{{.*}} = %{{.*}} to %c2
// OUTSIDE: scf.for %{{.*}} = %{{.*}} to %c3
// OUTSIDE: scf.for %{{.*}} = %{{.*}} to %c5
// OUTSIDE: scf.for %{{.*}} = %{{.*}} to %c7
#image = affine_map<(n, g, i, j, f, p, c) -> (n, g, i + p, j, c)>
#filters = affine_map<(n, g, i, j, f, p, c) -> (g, p, c, f)>
#result = affine_map<(n, g, i, j, f, p, c) -> (n, g, i, j, f)>
func.func @window(%x: memref<5x2x9x6x8xf32>, %w: memref<2x3x8x48xf32>, %y: memref<5x2x7x6x48xf32>) {
  kernel.nest ins(%x, %w : memref<5x2x9x6x8xf32>, memref<2x3x8x48xf32>) outs(%y : memref<5x2x7x6x48xf32>)
      {indexing_maps = [#image, #filters, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, false, true, true>} reduce {
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

// Elementwise: neighbouring dimensions become one. What fills no block is
// written with full vectors and a masked one, 30 = 24 + 6 of 8 lanes, or where
// there are no masks with one of the width that is left, 28 + 2.

// CHECK-LABEL: func @elementwise
// CHECK: memref.collapse_shape %arg0 {{\[\[}}0, 1]]
// CHECK: %[[MASK:.*]] = vector.constant_mask [6] : vector<8xi1>
// CHECK: vector.load {{.*}} : memref<30xf32>, vector<8xf32>
// CHECK: vector.store {{.*}} : memref<30xf32>, vector<8xf32>
// CHECK: %[[X:.*]] = vector.maskedload {{.*}}, %[[MASK]], {{.*}} : memref<30xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
// CHECK: vector.maskedstore {{.*}}, %[[MASK]], {{.*}} : memref<30xf32>, vector<8xi1>, vector<8xf32>
// CHECK-NOT: kernel.parallel
// WHOLE-LABEL: func @elementwise
// WHOLE-NOT: masked
// WHOLE: vector.store {{.*}} : memref<30xf32>, vector<2xf32>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @elementwise(%x: memref<5x6xf32>, %y: memref<5x6xf32>) {
  kernel.nest ins(%x : memref<5x6xf32>) outs(%y : memref<5x6xf32>)
      {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.negf %p : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// Lanes of a dynamic dimension: full vectors, then a masked one, or where there
// are no masks by fours and one by one.

// CHECK-LABEL: func @dynamic
// CHECK: scf.if
// CHECK: vector.store {{.*}} vector<8xf32>
// CHECK: else
// CHECK: %[[LEFT:.*]] = arith.subi
// CHECK: %[[MASK:.*]] = vector.create_mask %[[LEFT]] : vector<8xi1>
// CHECK: vector.maskedload {{.*}}, %[[MASK]]
// CHECK: vector.maskedstore {{.*}}, %[[MASK]]
// WHOLE-LABEL: func @dynamic
// WHOLE: scf.for {{.*}} step %c4
// WHOLE: vector.store {{.*}} vector<4xf32>
// WHOLE: scf.for {{.*}} step %c1
// WHOLE: memref.store
#one = affine_map<(d0) -> (d0)>
func.func @dynamic(%x: memref<?xf32>, %y: memref<?xf32>) {
  kernel.nest ins(%x : memref<?xf32>) outs(%y : memref<?xf32>)
      {indexing_maps = [#one, #one], init = 0.0 : f32, reductions = array<i1: false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.negf %p : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// A sum along the contiguous dimension: lanes run along the reduction, in four
// vectors that do not wait for each other, and are summed up at its end, halves
// of them first. What is left is no whole vector.

// CHECK-LABEL: func @rowSum
// CHECK: %[[SUMS:.*]]:4 = scf.for %{{.*}} = %c0{{.*}} to %c96 step %c32{{.*}} iter_args({{.*}}) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-4: vector.load
// CHECK: scf.yield
// CHECK-NOT: scf.for {{.*}} vector
// CHECK: %[[REST:.*]] = scf.for %{{.*}} = %c96{{.*}} to %c100 step %c1{{.*}} iter_args({{.*}}) -> (f32)
// CHECK: %[[LEFT:.*]] = arith.addf %[[SUMS]]#0, %[[SUMS]]#2 : vector<8xf32>
// CHECK: %[[RIGHT:.*]] = arith.addf %[[SUMS]]#1, %[[SUMS]]#3 : vector<8xf32>
// CHECK: arith.addf %[[LEFT]], %[[RIGHT]] : vector<8xf32>
// CHECK: vector.extract_strided_slice {{.*}}offsets = [4], sizes = [4]
// CHECK: arith.addf {{.*}} : vector<4xf32>
// CHECK: arith.addf {{.*}} : vector<2xf32>
// CHECK: vector.extract
// CHECK: %[[LANES:.*]] = arith.addf {{.*}} : f32
// CHECK: arith.addf %[[REST]], %[[LANES]] : f32
#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @rowSum(%x: memref<4x100xf32>, %y: memref<4xf32>) {
  kernel.nest ins(%x : memref<4x100xf32>) outs(%y : memref<4xf32>)
      {indexing_maps = [#all, #row], init = 0.0 : f32, reductions = array<i1: false, true>} reduce {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.addf %acc, %p : f32
    kernel.yield %0 : f32
  } finish {
  ^bb0(%p: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// Of any number of whole ones, blocks, vectors and elements are left.

// CHECK-LABEL: func @wholeSum
// CHECK: scf.for {{.*}} step %c32{{.*}} iter_args({{.*}}) -> (vector<8xi32>, vector<8xi32>, vector<8xi32>, vector<8xi32>)
// CHECK: scf.for {{.*}} step %c8{{.*}} iter_args({{.*}}) -> (vector<8xi32>)
// CHECK: scf.for {{.*}} step %c1{{.*}} iter_args({{.*}}) -> (i32)
// CHECK: arith.addi {{.*}} : vector<2xi32>
#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @wholeSum(%x: memref<4x?xi8>, %y: memref<4xi32>) {
  kernel.nest ins(%x : memref<4x?xi8>) outs(%y : memref<4xi32>)
      {indexing_maps = [#all, #row], init = 0 : i32, reductions = array<i1: false, true>} reduce {
  ^bb0(%p: i8, %acc: i32):
    %0 = arith.extsi %p : i8 to i32
    %1 = arith.addi %acc, %0 : i32
    kernel.yield %1 : i32
  } finish {
  ^bb0(%p: i8, %acc: i32):
    kernel.yield %acc : i32
  }
  return
}

// -----

// One bit a lane is not one byte an element: scalars.

// CHECK-LABEL: func @bits
// CHECK-NOT: vector
// CHECK: memref.store
#one = affine_map<(d0) -> (d0)>
func.func @bits(%x: memref<64xi1>, %y: memref<64xi1>) {
  kernel.nest ins(%x : memref<64xi1>) outs(%y : memref<64xi1>)
      {indexing_maps = [#one, #one], init = false, reductions = array<i1: false>} reduce {
  } finish {
  ^bb0(%p: i1, %acc: i1):
    kernel.yield %p : i1
  }
  return
}

// -----

// A 1x1 convolution is a product: the window's loops of one step go, and the
// pixels merge into rows of the tile.

// CHECK-LABEL: func @pointwise
// CHECK: memref.collapse_shape %{{.*}} : memref<2x36x32xf32> into memref<72x32xf32>
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
#image = affine_map<(n, i, j, f, p, q, c) -> (n, i + p, j + q, c)>
#filter = affine_map<(n, i, j, f, p, q, c) -> (p, q, c, f)>
#result = affine_map<(n, i, j, f, p, q, c) -> (n, i, j, f)>
func.func @pointwise(%x: memref<2x6x6x32xf32>, %w: memref<1x1x32x16xf32>, %y: memref<2x6x6x16xf32>) {
  kernel.nest ins(%x, %w : memref<2x6x6x32xf32>, memref<1x1x32x16xf32>) outs(%y : memref<2x6x6x16xf32>)
      {indexing_maps = [#image, #filter, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true, true>} reduce {
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

// A number of images that nobody knows is not merged with pixels that fill tiles by themselves, 36 in six of 6 rows; with
// two it is, and of so many rows the last ones are written one by one.

// CHECK-LABEL: func @images
// CHECK: memref.collapse_shape %{{.*}} : memref<?x6x6x32xf32> into memref<?x36x32xf32>
// CHECK-NOT: scf.if
// CHECK: memref.collapse_shape %{{.*}} : memref<?x2x32xf32> into memref<?x32xf32>
// CHECK: scf.if
#image = affine_map<(n, i, j, f, c) -> (n, i, j, c)>
#filter = affine_map<(n, i, j, f, c) -> (c, f)>
#result = affine_map<(n, i, j, f, c) -> (n, i, j, f)>
#line = affine_map<(n, j, f, c) -> (n, j, c)>
#columns = affine_map<(n, j, f, c) -> (c, f)>
#resultLine = affine_map<(n, j, f, c) -> (n, j, f)>
func.func @images(%x: memref<?x6x6x32xf32>, %w: memref<32x16xf32>, %y: memref<?x6x6x16xf32>, %u: memref<?x2x32xf32>, %v: memref<?x2x16xf32>) {
  kernel.nest ins(%x, %w : memref<?x6x6x32xf32>, memref<32x16xf32>) outs(%y : memref<?x6x6x16xf32>)
      {indexing_maps = [#image, #filter, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  kernel.nest ins(%u, %w : memref<?x2x32xf32>, memref<32x16xf32>) outs(%v : memref<?x2x16xf32>)
      {indexing_maps = [#line, #columns, #resultLine], init = 0.0 : f32, reductions = array<i1: false, false, false, true>} reduce {
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

// Elements that a nest addresses by itself are read lane by lane, the rest of it works on vectors. What all lanes read
// is read once.

// CHECK-LABEL: func @addressed
// CHECK: %[[ROW:.*]] = memref.load %arg2[%{{.*}}] : memref<4xf32>
// CHECK-NOT: memref.load %arg2
// CHECK: %[[PLACES:.*]] = vector.load %arg1[%{{.*}}] : memref<16xi32>, vector<8xi32>
// CHECK: %[[INDICES:.*]] = arith.index_cast %[[PLACES]] : vector<8xi32> to vector<8xindex>
// CHECK: %[[AT:.*]] = vector.extract %[[INDICES]][0]
// CHECK: memref.load %arg0[%{{.*}}, %[[AT]]]
// CHECK: vector.extract %[[INDICES]][7]
// CHECK: %[[ELEMENTS:.*]] = vector.from_elements {{.*}} : vector<8xf32>
// CHECK: %[[ALL:.*]] = vector.broadcast %[[ROW]]
// CHECK: arith.mulf %[[ELEMENTS]], %[[ALL]] {{.*}} : vector<8xf32>
#lane = affine_map<(d0, d1) -> (d1)>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @addressed(%x: memref<4x32xf32>, %places: memref<16xi32>, %rows: memref<4xf32>, %y: memref<4x16xf32>) {
  kernel.nest ins(%places : memref<16xi32>) outs(%y : memref<4x16xf32>)
      {indexing_maps = [#lane, #id], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%place: i32, %acc: f32):
    %row = kernel.index 0
    %r = memref.load %rows[%row] : memref<4xf32>
    %at = arith.index_cast %place : i32 to index
    %e = memref.load %x[%row, %at] : memref<4x32xf32>
    %0 = arith.mulf %e, %r : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// Panels of 32 columns are read by vectors as columns in a row are.

// CHECK-LABEL: func @panels
// CHECK: vector.load %arg1[{{.*}}] : memref<2x128x32xf32>, vector<8xf32>
// CHECK-NOT: vector.from_elements
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @panels(%x: memref<96x128xf32>, %w: memref<2x128x32xf32>, %y: memref<96x64xf32>) {
  kernel.nest ins(%x, %w : memref<96x128xf32>, memref<2x128x32xf32>) outs(%y : memref<96x64xf32>)
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

// Panels are whole: of the last one's lanes, three here, all are read, and three
// stored; the bias is no panel.

// CHECK-LABEL: func @panels
// CHECK: %[[MASK:.*]] = vector.constant_mask [3] : vector<8xi1>
// CHECK: vector.load {{.*}} : memref<3x64x32xf32>, vector<8xf32>
// CHECK: vector.maskedload {{.*}}, %[[MASK]], {{.*}} : memref<67xf32>
// CHECK: vector.maskedstore {{.*}}, %[[MASK]], {{.*}} : memref<4x67xf32>
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#bias = affine_map<(d0, d1, d2) -> (d1)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @panels(%x: memref<4x64xf32>, %w: memref<3x64x32xf32>, %bias: memref<67xf32>, %y: memref<4x67xf32>) {
  kernel.nest ins(%x, %w, %bias : memref<4x64xf32>, memref<3x64x32xf32>, memref<67xf32>) outs(%y : memref<4x67xf32>)
      {indexing_maps = [#x, #w, #bias, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %c: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %c: f32, %acc: f32):
    %0 = arith.addf %acc, %c : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// Lanes that are read one by one: of a masked vector those only that there are.

// CHECK-LABEL: func @columns
// CHECK: vector.constant_mask [3] : vector<8xi1>
// CHECK-COUNT-3: memref.load
// CHECK-NOT: memref.load
// CHECK: vector.from_elements
// CHECK: vector.maskedstore
#across = affine_map<(d0, d1) -> (d1, d0)>
#along = affine_map<(d0, d1) -> (d0, d1)>
func.func @columns(%x: memref<3x4xf32>, %y: memref<4x3xf32>) {
  kernel.nest ins(%x : memref<3x4xf32>) outs(%y : memref<4x3xf32>)
      {indexing_maps = [#across, #along], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.negf %p : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// How many iterations are worth a thread depends on all extents, so it is found
// when running where one is dynamic.

// SHARE-LABEL: func @share
// SHARE: %[[COUNT:.*]] = arith.ceildivui %{{.*}}, %c32
// SHARE: %[[LEAST:.*]] = arith.muli %[[COUNT]], %c1000
// SHARE: %[[WORK:.*]] = arith.muli %c2, %{{.*}}
// SHARE: %[[GRAIN:.*]] = arith.ceildivui %[[LEAST]], %[[WORK]]
// SHARE: kernel.parallel %[[COUNT]] grain %[[GRAIN]]
#rows = affine_map<(d0, d1) -> (d0, d1)>
func.func @share(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
  kernel.nest ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
      {indexing_maps = [#rows, #rows], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.negf %p : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// A window of 3 that moves along the rows: its steps are written out, and the
// rows of the tile share what they read. With 32 registers 9 rows x 2 vectors
// would fit, of which 8 part the 8 columns best: 10 elements are loaded, not 24,
// besides 3 weights. 16 registers hold 8 rows x 1 vector.

// CHECK-LABEL: func @slidingWindow
// CHECK: scf.for {{.*}} iter_args
// CHECK-COUNT-13: vector.load
// CHECK-NOT: vector.load
// CHECK: scf.yield
// WIDE-LABEL: func @slidingWindow
// WIDE: scf.for {{.*}} iter_args
// WIDE-COUNT-26: vector.load
// WIDE-NOT: vector.load
// WIDE: scf.yield
#image = affine_map<(i, j, c, p, q) -> (i + p, j + q, c)>
#weights = affine_map<(i, j, c, p, q) -> (p, q, c)>
#result = affine_map<(i, j, c, p, q) -> (i, j, c)>
func.func @slidingWindow(%x: memref<10x10x32xf32>, %w: memref<3x3x32xf32>, %y: memref<8x8x32xf32>) {
  kernel.nest ins(%x, %w : memref<10x10x32xf32>, memref<3x3x32xf32>) outs(%y : memref<8x8x32xf32>)
      {indexing_maps = [#image, #weights, #result], init = 0.0 : f32,
       reductions = array<i1: false, false, false, true, true>} reduce {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// Windows that do not meet, a stride of 3 apart, share nothing.

// CHECK-LABEL: func @apart
// CHECK: scf.for {{.*}} iter_args
// CHECK: scf.for {{.*}} iter_args
#image = affine_map<(i, j, c, p, q) -> (i * 3 + p, j * 3 + q, c)>
#weights = affine_map<(i, j, c, p, q) -> (p, q, c)>
#result = affine_map<(i, j, c, p, q) -> (i, j, c)>
func.func @apart(%x: memref<24x24x32xf32>, %w: memref<3x3x32xf32>, %y: memref<8x8x32xf32>) {
  kernel.nest ins(%x, %w : memref<24x24x32xf32>, memref<3x3x32xf32>) outs(%y : memref<8x8x32xf32>)
      {indexing_maps = [#image, #weights, #result], init = 0.0 : f32,
       reductions = array<i1: false, false, false, true, true>} reduce {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// Elementwise inside a larger buffer: columns and channels are neighbours there,
// rows and columns are not.

// CHECK-LABEL: func @inside
// CHECK: memref.collapse_shape %arg0 {{\[\[}}0], [1, 2]] : memref<5x6x2xf32> into memref<5x12xf32>
// CHECK: memref.collapse_shape %arg1 {{\[\[}}0], [1, 2]] : memref<5x6x2xf32, strided<[16, 2, 1]>> into memref<5x12xf32, strided<[16, 1]>>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @inside(%x: memref<5x6x2xf32>, %y: memref<5x6x2xf32, strided<[16, 2, 1]>>) {
  kernel.nest ins(%x : memref<5x6x2xf32>) outs(%y : memref<5x6x2xf32, strided<[16, 2, 1]>>)
      {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false, false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.negf %p : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// Neighbours of the input lie along rows: a square of 8 x 8 is read by vectors of those and transposed in registers, by
// halves, quarters and pairs; what fills no square, element by element.

// CHECK-LABEL: func @square
// CHECK: scf.if
// CHECK-COUNT-8: vector.load %arg0[{{.*}}] : memref<24x21xf32>, vector<8xf32>
// CHECK-NOT: memref.load
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11]
// CHECK: vector.shuffle {{.*}} [0, 8, 2, 10, 4, 12, 6, 14]
// CHECK-COUNT-8: vector.store {{.*}} : memref<21x24xf32>, vector<8xf32>
// CHECK: else
// CHECK-COUNT-8: memref.load %arg0
// CHECK: vector.from_elements
#columns = affine_map<(d0, d1) -> (d1, d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @square(%x: memref<24x21xf32>, %y: memref<21x24xf32>) {
  kernel.nest ins(%x : memref<24x21xf32>) outs(%y : memref<21x24xf32>)
      {indexing_maps = [#columns, #id], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%a: f32, %none: f32):
    %0 = arith.negf %a : f32
    kernel.yield %0 : f32
  }
  return
}
