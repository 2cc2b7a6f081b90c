// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-dot-products{byte-matrices=llvm.x86.tdpbssd bf16-matrices=llvm.x86.tdpbf16ps},canonicalize,cse))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-dot-products{byte-matrices=llvm.x86.tdpbssd bf16-matrices=llvm.x86.tdpbf16ps second-cache-bytes=65536 parallel=false},canonicalize,cse))' | FileCheck %s --check-prefix=SMALL
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-dot-products{byte-matrices=llvm.x86.tdpbssd bf16-matrices=llvm.x86.tdpbf16ps second-cache-bytes=8192},canonicalize,cse))' | FileCheck %s --check-prefix=TINY

// Pairs of 64 numbers are two steps of 16. Rows go by 32, what is left of them is one tile of one or two registers of
// rows, whose shapes the table says; below four of them are left to vectors. All panels meet 2048 rows, which fill half of
// the second-level cache. Shapes change for the last tile alone.

// CHECK-LABEL: func @pairs
// CHECK: %[[TABLE:.*]] = arith.constant dense<[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0]> : vector<64xi8>
// CHECK: arith.ceildivui
// CHECK: kernel.parallel
// CHECK: %[[PANEL:.*]] = arith.remui %{{.*}}, %c3
// CHECK: arith.divui %{{.*}}, %c3
// CHECK: arith.muli %{{.*}}, %c2048
// CHECK: vector.store %[[TABLE]]
// CHECK: memref.store %c16_i8, {{.*}}%c50]
// CHECK: memref.store %c16_i8, {{.*}}%c51]
// CHECK: memref.store %c16_i8, {{.*}}%c53]
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} step %c32
// CHECK: %[[LEFT:.*]] = arith.subi %{{.*}}, %[[ROW]]
// CHECK: %[[COUNT:.*]] = arith.minsi %[[LEFT]], %c32
// CHECK: %[[PART:.*]] = arith.cmpi ult, %[[COUNT]], %c32
// CHECK: scf.if %[[PART]]
// CHECK: %[[SECOND:.*]] = arith.subi %[[COUNT]], %c16
// CHECK: %[[SHAPE:.*]] = arith.index_cast %[[SECOND]] : index to i8
// CHECK: memref.store %[[SHAPE]], {{.*}}%c50]
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK: }
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK: scf.for %{{.*}} = %c0 to %c2 step %c1
// CHECK: llvm.call_intrinsic "llvm.x86.tileloadd64"(%c4_i8
// CHECK: llvm.call_intrinsic "llvm.x86.tileloadd64"(%c6_i8
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbf16ps"(%c0_i8, %c4_i8, %c6_i8)
// CHECK: llvm.call_intrinsic "llvm.x86.tileloadd64"(%c7_i8
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbf16ps"(%c1_i8, %c4_i8, %c7_i8)
// CHECK: llvm.call_intrinsic "llvm.x86.tileloadd64"(%c5_i8
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbf16ps"(%c2_i8, %c5_i8, %c6_i8)
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbf16ps"(%c3_i8, %c5_i8, %c7_i8)
// CHECK-COUNT-8: memref.prefetch
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK: vector.maskedload {{.*}} : memref<70xf32>
// CHECK: vector.maskedstore
// CHECK: scf.for {{.*}} step %c32
// CHECK: memref.store {{.*}}%c48]
// CHECK: memref.store {{.*}}%c49]
// CHECK: memref.store {{.*}}%c52]
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// CHECK-NOT: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// CHECK: llvm.call_intrinsic "llvm.x86.tilerelease"
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// SMALL-LABEL: func @pairs
// SMALL: arith.muli %{{.*}}, %c256
// SMALL: memref.prefetch {{.*}}locality<2>
// Where the next panel would take the place of rows, it is not fetched ahead of time.
// TINY-LABEL: func @pairs
// TINY: arith.muli %{{.*}}, %c32
// TINY-NOT: locality<2>
// TINY-LABEL: func @bytes
func.func @pairs(%q: memref<?x64xbf16>, %u: memref<3x32x64xbf16>, %b: memref<70xf32>, %y: memref<?x70xf32>) {
  kernel.dot_product rows(%q : memref<?x64xbf16>) weights(%u : memref<3x32x64xbf16>) extras(%b : memref<70xf32>)
      outs(%y : memref<?x70xf32>) {extra_maps = [affine_map<(m, n) -> (n)>]} finish {
  ^bb0(%bias: f32, %sum: f32):
    %0 = arith.addf %sum, %bias : f32
    kernel.yield %0 : f32
  }
  return
}

// -----

// The sums of a group of 64 bytes are one step; they are scaled from memory. Sixteen numbers of 4 bits become two lines
// of the columns, before the tiles that read them. 40 rows are 32 and 8, none is left to vectors.

// CHECK-LABEL: func @bytes
// CHECK: %[[ALL:.*]] = arith.select %{{.*}}, %c2, %c0
// CHECK: scf.for %[[STEP:.*]] = %c0 to %[[ALL]] step %c1
// CHECK: %[[LINE:.*]] = arith.muli %[[STEP]], %c16
// CHECK: arith.shrui
// CHECK: %[[LOW:.*]] = arith.subi %{{.*}}, %{{.*}} : vector<64xi8>
// CHECK: vector.store %[[LOW]], %{{.*}}[%[[LINE]], %c0] : memref<32x128xi8>, vector<64xi8>
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %c2 step %c1
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK-NOT: arith.shrui
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbssd"
// CHECK: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK: vector.load {{.*}} : memref<1x2x32xf32>
// CHECK-NOT: arith.addi {{.*}} : vector<16xi32>
// CHECK: arith.sitofp {{.*}} : vector<16xi32>
// CHECK: llvm.call_intrinsic "llvm.x86.tilerelease"
// CHECK-NOT: vpdpbusd
func.func @bytes(%q: memref<40x128xi8>, %t: memref<40x2xf32>, %z: memref<40x2xi32>, %u: memref<1x16x128xi8>, %s: memref<1x2x32xf32>,
                 %y: memref<40x32xf32>) {
  kernel.dot_product rows(%q : memref<40x128xi8>) weights(%u : memref<1x16x128xi8>)
      groups(%t, %z, %s : memref<40x2xf32>, memref<40x2xi32>, memref<1x2x32xf32>) outs(%y : memref<40x32xf32>) {shift = 8 : i64, packed}
  return
}

// -----

// Signed bytes need no shift. While a group's sums are scaled, each row of the tile fetches its part of the next group, and
// a line of the 32 that the group has of the panel.

// CHECK-LABEL: func @whole
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %c2 step %c1
// CHECK: %[[AFTER:.*]] = arith.addi %[[GROUP]], %c1
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbssd"
// CHECK: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK: scf.for %[[ROW:.*]] = %c0 to
// CHECK: %[[NEXT:.*]] = arith.minsi %[[AFTER]], %c1
// CHECK: %[[INPUT:.*]] = arith.muli %[[NEXT]], %c64
// CHECK: memref.prefetch %arg0[%{{.*}}, %[[INPUT]]], read, locality<3>
// CHECK: %[[BYTE:.*]] = arith.muli %[[ROW]], %c64
// CHECK: %[[UNIT:.*]] = arith.divui %[[BYTE]], %c128
// CHECK-NOT: arith.minsi
// CHECK: memref.prefetch %arg3[%{{.*}}, %{{.*}}, %{{.*}}], read, locality<3>
// CHECK-NOT: arith.addi {{.*}} : vector<16xi32>
// CHECK: arith.sitofp {{.*}} : vector<16xi32>
func.func @whole(%q: memref<64x128xi8>, %t: memref<64x2xf32>, %z: memref<64x2xi32>, %u: memref<1x32x128xi8>, %s: memref<1x2x32xf32>,
                 %y: memref<64x32xf32>) {
  kernel.dot_product rows(%q : memref<64x128xi8>) weights(%u : memref<1x32x128xi8>)
      groups(%t, %z, %s : memref<64x2xf32>, memref<64x2xi32>, memref<1x2x32xf32>) outs(%y : memref<64x32xf32>)
  return
}

// -----

// Twelve pairs divide into steps of twelve; registers hold 48 bytes of a row then, and twelve lines of the columns.

// CHECK-LABEL: func @shallow
// CHECK: arith.constant dense<[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 64, 0, 64, 0, 64, 0, 48, 0, 48, 0, 64, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 16, 16, 16, 16, 16, 12, 12, 0, 0, 0, 0, 0, 0, 0, 0]> : vector<64xi8>
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
func.func @shallow(%q: memref<16x24xbf16>, %u: memref<1x12x64xbf16>, %y: memref<16x32xf32>) {
  kernel.dot_product rows(%q : memref<16x24xbf16>) weights(%u : memref<1x12x64xbf16>) outs(%y : memref<16x32xf32>)
  return
}

// -----

// Vectors are as fast for a few rows, and for steps that would hardly fill the registers.

// CHECK-LABEL: func @few
// CHECK-NOT: tdpbf16ps
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
func.func @few(%q: memref<3x64xbf16>, %u: memref<1x32x64xbf16>, %y: memref<3x32xf32>) {
  kernel.dot_product rows(%q : memref<3x64xbf16>) weights(%u : memref<1x32x64xbf16>) outs(%y : memref<3x32xf32>)
  return
}
// CHECK-LABEL: func @bounded
// CHECK-NOT: tdpbf16ps
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
func.func @bounded(%q: memref<?x64xbf16> {lathe.bounds = array<i64: 3, 64>}, %u: memref<1x32x64xbf16>, %y: memref<?x32xf32>) {
  kernel.dot_product rows(%q : memref<?x64xbf16>) weights(%u : memref<1x32x64xbf16>) outs(%y : memref<?x32xf32>)
  return
}
// CHECK-LABEL: func @prime
// CHECK-NOT: tdpbf16ps
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
func.func @prime(%q: memref<?x74xbf16>, %u: memref<1x37x64xbf16>, %y: memref<?x32xf32>) {
  kernel.dot_product rows(%q : memref<?x74xbf16>) weights(%u : memref<1x37x64xbf16>) outs(%y : memref<?x32xf32>)
  return
}

// -----

// The cache has room for 64 of 70 rows of 40 steps: blocks of 16 steps meet eight panels, or the two that are left, whose
// sums wait, and go on from there but for the first block. Behind the last panel, the next block's part of the first one is
// fetched. The last block's sums are finished.

// SMALL-LABEL: func @deep
// SMALL-DAG: memref.alloca() {{.*}} : memref<2048x32xf32>
// SMALL: scf.for %[[TASK:.*]] = %c0 to %c2 step
// SMALL: %[[CHUNK:.*]] = arith.remui %[[TASK]], %c2
// SMALL: %[[FIRST:.*]] = arith.muli %[[CHUNK]], %c8
// SMALL: scf.for %[[BLOCK:.*]] = %c0 to %c3 step %c1
// SMALL: %[[REST:.*]] = arith.subi %c10, %[[FIRST]]
// SMALL: %[[PANELS:.*]] = arith.minsi %[[REST]], %c8
// SMALL: scf.for %[[I:.*]] = %c0 to %[[PANELS]] step %c1
// SMALL: %[[PANEL:.*]] = arith.addi %[[FIRST]], %[[I]]
// SMALL: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c32
// SMALL-COUNT-4: llvm.call_intrinsic "llvm.x86.tilezero"
// SMALL: %[[ON:.*]] = arith.cmpi ne, %[[BLOCK]], %c0
// SMALL: scf.if %[[ON]]
// SMALL-COUNT-4: llvm.call_intrinsic "llvm.x86.tileloadd64"
// SMALL: }
// SMALL: scf.for %[[STEP:.*]] = %
// SMALL-COUNT-4: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// SMALL: arith.select %{{.*}}, %[[FIRST]], %
// SMALL: memref.prefetch {{.*}}locality<2>
// SMALL-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// SMALL: %[[LAST:.*]] = arith.cmpi eq, %[[BLOCK]], %c2
// SMALL: scf.if %[[LAST]]
// SMALL: vector.store {{.*}} : memref<70x320xf32>
func.func @deep(%q: memref<70x1280xbf16>, %u: memref<10x640x64xbf16>, %y: memref<70x320xf32>) {
  kernel.dot_product rows(%q : memref<70x1280xbf16>) weights(%u : memref<10x640x64xbf16>) outs(%y : memref<70x320xf32>)
  return
}

// -----

// A stack has no room for a panel of 32768 numbers: each tile unpacks what it reads.

// CHECK-LABEL: func @long
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %c2 step %c1
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK: vector.store {{.*}}[%c0, %c0] : memref<16x128xi8>, vector<64xi8>
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbssd"
func.func @long(%q: memref<32x32768xi8>, %t: memref<32x2xf32>, %z: memref<32x2xi32>, %u: memref<1x4096x128xi8>, %s: memref<1x2x32xf32>,
                %y: memref<32x32xf32>) {
  kernel.dot_product rows(%q : memref<32x32768xi8>) weights(%u : memref<1x4096x128xi8>)
      groups(%t, %z, %s : memref<32x2xf32>, memref<32x2xi32>, memref<1x2x32xf32>) outs(%y : memref<32x32xf32>) {shift = 8 : i64, packed}
  return
}
