// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=64 registers=32 bf16-matrices=llvm.x86.tdpbf16ps},canonicalize,cse))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-nests{vector-bytes=64 registers=32},canonicalize,cse))' | FileCheck %s --check-prefix=VECTORS --implicit-check-not=llvm.x86

// 100 rows are three tiles of 32 and one of one register, in one group; 256 numbers of a row eight steps, in one block;
// and each of two tasks has four panels. A panel's parts lie in one of two places: three parts of two registers a step.

// CHECK-LABEL: func @panels
// CHECK: kernel.parallel %c2 grain
// CHECK-DAG: memref.alloca() {{.*}} : memref<32x32xf32>
// CHECK-DAG: memref.alloca() {{.*}} : memref<1536x16xi32>
// CHECK-DAG: memref.alloca() {{.*}} : memref<3072x16xi32>
// CHECK: "llvm.x86.ldtilecfg"
// The first panel's parts: numbers k and k + 16 of a column share a word; a part is the upper half of what is left.
// CHECK: scf.for {{.*}} = %c0 to %c8 step %c1
// CHECK: scf.for {{.*}} = %c0 to %c16 step %c1
// CHECK: %[[LOW:.*]] = vector.load %arg1[%{{.*}}, %[[K:.*]], %{{.*}}]
// CHECK: %[[K16:.*]] = arith.addi %[[K]], %c16
// CHECK: %[[HIGH:.*]] = vector.load %arg1[%{{.*}}, %[[K16]], %{{.*}}]
// CHECK: %[[LOWBITS:.*]] = arith.bitcast %[[LOW]]
// CHECK: %[[HIGHBITS:.*]] = arith.bitcast %[[HIGH]]
// CHECK: %[[UPPER:.*]] = arith.andi %[[HIGHBITS]], %[[MASK:.*]] :
// CHECK: %[[SHIFTED:.*]] = arith.shrui %[[LOWBITS]], %{{.*}} :
// CHECK: arith.ori %[[SHIFTED]], %[[UPPER]]
// CHECK: %[[FIRST:.*]] = arith.andi %[[LOWBITS]], %[[MASK]]
// CHECK: %[[FLOAT:.*]] = arith.bitcast %[[FIRST]]
// CHECK: arith.subf %[[LOW]], %[[FLOAT]]
// CHECK-COUNT-3: vector.store
// The rows' parts.
// CHECK: scf.for {{.*}} = %c0 to %c100 step %c1
// CHECK: scf.for {{.*}} = %c0 to %c8 step %c1
// CHECK-COUNT-2: vector.load %arg0
// CHECK-COUNT-3: vector.store
// Parts of the next panel are made between the products of a tile of 32; the least products come first, and all loads but
// those of the first product are of one side.
// CHECK: scf.for
// CHECK: scf.for {{.*}} = %c0 to %c3 step %c1
// CHECK-COUNT-4: "llvm.x86.tilezero"
// CHECK: scf.for {{.*}} = %c0 to %c8 step %c1
// CHECK: "llvm.x86.tileloadd64"(%c4_i8
// CHECK: "llvm.x86.tileloadd64"(%c5_i8
// CHECK: "llvm.x86.tileloadd64"(%c6_i8
// CHECK: "llvm.x86.tileloadd64"(%c7_i8
// CHECK: "llvm.x86.tdpbf16ps"(%c0_i8, %c4_i8, %c6_i8)
// CHECK: vector.load %arg1
// CHECK: vector.store
// CHECK: "llvm.x86.tdpbf16ps"(%c1_i8, %c4_i8, %c7_i8)
// CHECK: "llvm.x86.tdpbf16ps"(%c2_i8, %c5_i8, %c6_i8)
// CHECK: "llvm.x86.tdpbf16ps"(%c3_i8, %c5_i8, %c7_i8)
// CHECK: "llvm.x86.tileloadd64"(%c4_i8
// CHECK: "llvm.x86.tileloadd64"(%c5_i8
// CHECK-NOT: tileload
// CHECK-COUNT-4: "llvm.x86.tdpbf16ps"
// CHECK-COUNT-16: "llvm.x86.tdpbf16ps"
// CHECK-NOT: "llvm.x86.tdpbf16ps"
// CHECK-COUNT-4: "llvm.x86.tilestored64"
// CHECK: vector.store {{.*}} %arg2
// A tile of 16 rows: six products of parts, by two registers of columns. The tile that there is not would have split more.
// CHECK-COUNT-2: "llvm.x86.tilezero"
// CHECK: scf.for {{.*}} = %c0 to %c8 step %c1
// CHECK-COUNT-12: "llvm.x86.tdpbf16ps"
// CHECK: scf.for {{.*}} = %c0 to %c8 step %c1
// CHECK: scf.for {{.*}} = %c0 to %c4 step %c1
// CHECK: vector.load %arg1
// CHECK: "llvm.x86.tilerelease"
// VECTORS-LABEL: func @panels
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @panels(%x: memref<100x256xf32>, %w: memref<8x256x32xf32>, %y: memref<100x256xf32>) {
  kernel.nest ins(%x, %w : memref<100x256xf32>, memref<8x256x32xf32>) outs(%y : memref<100x256xf32>)
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

// Rows of which only the program knows how many there are go to vectors where there are too few. 1000 numbers of a row
// are 32 steps in two blocks; a row's last ones are masked and no column is read behind them. The sums of a block wait
// in memory. Weights that are stored narrow are widened before they are split.

// CHECK-LABEL: func @blocks
// CHECK: %[[ROWS:.*]] = memref.dim %arg0
// CHECK: %[[MANY:.*]] = arith.cmpi uge, %[[ROWS]], %c{{[0-9]+}}
// CHECK: scf.if %[[MANY]]
// CHECK-DAG: memref.alloca() {{.*}} : memref<{{[0-9]+}}x32xf32>
// CHECK-DAG: memref.alloca() {{.*}} : memref<3072x16xi32>
// CHECK-DAG: memref.alloca() {{.*}} : memref<6144x16xi32>
// CHECK: arith.minsi %{{.*}}, %c999
// CHECK: vector.load %arg1{{.*}} vector<16xbf16>
// CHECK: arith.extf
// CHECK: scf.for {{.*}} = %c0 to %c2 step %c1
// CHECK: vector.maskedload %arg0
// CHECK: arith.select
// CHECK: scf.if
// CHECK-COUNT-2: "llvm.x86.tileloadd64"
// CHECK: "llvm.x86.tilestored64"
// CHECK: vector.maskedstore {{.*}} memref<?x90xf32>
// CHECK: "llvm.x86.tilerelease"
// CHECK: } else {
// CHECK-NOT: llvm.x86
// CHECK: return
// VECTORS-LABEL: func @blocks
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#b = affine_map<(d0, d1, d2) -> (d1)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @blocks(%x: memref<?x1000xf32>, %w: memref<3x1000x32xbf16>, %b: memref<90xf32>, %y: memref<?x90xf32>) {
  kernel.nest ins(%x, %w, %b : memref<?x1000xf32>, memref<3x1000x32xbf16>, memref<90xf32>) outs(%y : memref<?x90xf32>)
      {indexing_maps = [#x, #w, #b, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: bf16, %r: f32, %acc: f32):
    %wide = arith.extf %q : bf16 to f32
    %0 = arith.mulf %p, %wide : f32
    %1 = arith.addf %0, %acc : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: bf16, %r: f32, %acc: f32):
    %0 = arith.addf %acc, %r : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// Of weights that half the second-level cache does not hold, a tile fetches its share of the panel behind the next one: 8
// numbers of 32 columns, 2 lines each.

// CHECK-LABEL: func @streamed
// CHECK: "llvm.x86.tilezero"
// CHECK: "llvm.x86.tilezero"(%c3_i8)
// CHECK: scf.for
// CHECK-COUNT-16: memref.prefetch %arg1{{.*}} locality<2>
// CHECK-NOT: memref.prefetch
// CHECK: "llvm.x86.tdpbf16ps"
// VECTORS-LABEL: func @streamed
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @streamed(%x: memref<128x512xf32>, %w: memref<16x512x32xf32>, %y: memref<128x512xf32>) {
  kernel.nest ins(%x, %w : memref<128x512xf32>, memref<16x512x32xf32>) outs(%y : memref<128x512xf32>)
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

// Of too few columns nothing is gained, nor of a depthwise product.

// CHECK-LABEL: func @few
// CHECK-NOT: llvm.x86
// CHECK-LABEL: func @depthwise
// CHECK-NOT: llvm.x86
// VECTORS-LABEL: func @few
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d2, d1)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @few(%x: memref<100x256xf32>, %w: memref<256x16xf32>, %y: memref<100x16xf32>) {
  kernel.nest ins(%x, %w : memref<100x256xf32>, memref<256x16xf32>) outs(%y : memref<100x16xf32>)
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
#dx = affine_map<(d0, d1, d2) -> (d0 + d2, d1)>
#dw = affine_map<(d0, d1, d2) -> (d2, d1)>
func.func @depthwise(%x: memref<355x256xf32>, %w: memref<256x256xf32>, %y: memref<100x256xf32>) {
  kernel.nest ins(%x, %w : memref<355x256xf32>, memref<256x256xf32>) outs(%y : memref<100x256xf32>)
      {indexing_maps = [#dx, #dw, #y], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
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

// A whole group of 128 rows gains, though one more, which begins another group, hardly does.

// CHECK-LABEL: func @groups
// CHECK: %[[N:.*]] = memref.dim %arg0, %c0
// CHECK: arith.cmpi uge, %[[N]], %c{{[5-9][0-9]}} : index
#rows = affine_map<(d0, d1, d2) -> (d0, d2)>
#panels = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
#sums = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @groups(%x: memref<?x2048xf32>, %w: memref<64x2048x32xf32>, %y: memref<?x2048xf32>) {
  kernel.nest ins(%x, %w : memref<?x2048xf32>, memref<64x2048x32xf32>) outs(%y : memref<?x2048xf32>)
      {indexing_maps = [#rows, #panels, #sums], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %sum, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}
