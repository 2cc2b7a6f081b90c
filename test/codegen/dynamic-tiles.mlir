// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=64 registers=32 parallel=false}))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=16 registers=16 masks=false parallel=false}))' | FileCheck %s --check-prefix=WHOLE
// Register tiles of nests whose extents are not known.

// Rows x vectors as of known extents, 14 x 2. Lanes that fill no block are written a vector at a time, under a mask, and
// rows by 8, 4, 2 and one by one. Without masks, by vectors and then lane by lane.

// CHECK-LABEL: func @unknown
// CHECK: %[[ROWS:.*]] = memref.dim %arg0, %c0
// CHECK: arith.ceildivui %[[ROWS]], %c14
// CHECK: scf.if
// CHECK: scf.if
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){27}\)}}
// CHECK: else
// CHECK: scf.for {{.*}} step %c8
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){15}\)}}
// CHECK: scf.for {{.*}} step %c4
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){7}\)}}
// CHECK: scf.for {{.*}} step %c2
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){3}\)}}
// CHECK: scf.for {{.*}} step %c1
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>)
// CHECK: else
// CHECK: scf.for {{.*}} step %c16
// CHECK: %[[MASK:.*]] = vector.create_mask
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){13}\)}}
// CHECK: vector.maskedload %arg1{{.*}}, %[[MASK]]
// CHECK: vector.maskedstore %arg2{{.*}}, %[[MASK]]
// WHOLE-LABEL: func @unknown
// WHOLE: scf.for {{.*}} -> (vector<4xf32>{{(, vector<4xf32>){11}\)}}
// WHOLE: scf.for {{.*}} step %c4
// WHOLE: scf.for {{.*}} -> (vector<4xf32>{{(, vector<4xf32>){5}\)}}
// WHOLE: scf.for {{.*}} step %c1
// WHOLE: scf.for {{.*}} -> (f32, f32, f32, f32, f32, f32)
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @unknown(%x: memref<?x?xf32>, %w: memref<?x?xf32>, %y: memref<?x?xf32>) {
  kernel.nest ins(%x, %w : memref<?x?xf32>, memref<?x?xf32>) outs(%y : memref<?x?xf32>)
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

// An input chooses among 48, 96 and 160 columns: they are whole vectors, and blocks of two but for 48. Of the 12 rows of
// an image each, tiles of 12 leave none.

// CHECK-LABEL: func @chosen
// CHECK-NOT: mask
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){23}\)}}
// CHECK: else
// CHECK: memref.dim
// CHECK: scf.for {{.*}} step %c16
// CHECK-NOT: mask
// CHECK-NOT: scf.if
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){11}\)}}
// CHECK-NOT: mask
// CHECK-NOT: scf.for
// CHECK: return
#x = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
#w = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
#y = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
func.func @chosen(%images: index, %number: index, %x: memref<?x12x20xf32>, %w: memref<20x160xf32>, %arena: memref<?xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c48 = arith.constant 48 : index
  %c96 = arith.constant 96 : index
  %c160 = arith.constant 160 : index
  %is0 = arith.cmpi eq, %number, %c0 : index
  %is1 = arith.cmpi eq, %number, %c1 : index
  %or1 = arith.select %is1, %c96, %c160 : index
  %or0 = arith.select %is0, %c48, %or1 : index
  %columns = kernel.bounded %or0 max 160
  %part = memref.subview %w[0, 0] [20, %columns] [1, 1] : memref<20x160xf32> to memref<20x?xf32, strided<[160, 1]>>
  %y = memref.view %arena[%c0][%images, %columns] : memref<?xi8> to memref<?x12x?xf32>
  kernel.nest ins(%x, %part : memref<?x12x20xf32>, memref<20x?xf32, strided<[160, 1]>>) outs(%y : memref<?x12x?xf32>)
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

// Seven rows an image leave seven of a tile of 14, or none: no other number is written out.

// CHECK-LABEL: func @sevens
// CHECK: scf.if
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){27}\)}}
// CHECK: else
// CHECK: scf.for {{.*}} step %c7
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{(, vector<16xf32>){13}\)}}
// CHECK-NOT: scf.for
// CHECK: return
#x = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
#w = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
#y = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
func.func @sevens(%x: memref<?x7x20xf32>, %w: memref<20x32xf32>, %y: memref<?x7x32xf32>) {
  kernel.nest ins(%x, %w : memref<?x7x20xf32>, memref<20x32xf32>) outs(%y : memref<?x7x32xf32>)
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

// Lanes that are addressed one by one keep one vector, since what fills none is written lane by lane.

// CHECK-LABEL: func @columns
// CHECK-COUNT-16: memref.load %arg0
// CHECK: vector.store {{.*}} vector<16xf32>
// CHECK-NOT: vector<16xf32>
// CHECK: return
#across = affine_map<(d0, d1) -> (d1, d0)>
#along = affine_map<(d0, d1) -> (d0, d1)>
func.func @columns(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  kernel.nest ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
      {indexing_maps = [#across, #along], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.negf %p : f32
    kernel.yield %0 : f32
  }
  return
}
