// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-dot-products,canonicalize,cse))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-dot-products{parallel=false vector-bytes=32 registers=16 byte-dot=llvm.x86.avx512.vpdpbusd.256 bf16-dot=llvm.x86.avx512bf16.dpbf16ps.256},canonicalize,cse))' | FileCheck %s --check-prefix=HALF
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-dot-products{unsigned-dot=false},canonicalize,cse))' | FileCheck %s --check-prefix=SIGNED

// Tiles of 7 rows by both vectors of a panel, then 4, 2 and 1; sums of 8 units a group begin at -128 times those of the
// row, since the instruction takes columns as unsigned, 128 above. The last of three panels has 16 columns: its second
// vector is masked away. A thread is worth waking for 131072 operations, or for as many bytes of panels, which have 2048
// each. Tiles of fewer rows wait for their panel, and ask for what is multiplied four units (512 bytes) later, and for
// scales as far ahead.

// CHECK-LABEL: func @rows
// CHECK: %[[WORK:.*]] = arith.maxsi %{{.*}}, %c2048
// CHECK: %[[GRAIN:.*]] = arith.ceildivui %c131072, %[[WORK]]
// CHECK: kernel.parallel %{{.*}} grain %[[GRAIN]]
// CHECK: scf.for {{.*}} step %c7
// CHECK: scf.for {{.*}} to %c2 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){13}vector<16xf32>}})
// CHECK: arith.muli %{{.*}}, %c-128_i32
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> ({{(vector<16xi32>, ){13}vector<16xi32>}})
// CHECK-NOT: memref.prefetch
// CHECK: vector.load {{.*}} : memref<3x16x128xi8>, vector<64xi8>
// CHECK: arith.xori {{.*}} : vector<16xi32>
// CHECK: vector.load {{.*}} : memref<?x64xi8>, vector<4xi8>
// CHECK-COUNT-14: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK-NOT: llvm.call_intrinsic
// CHECK-COUNT-14: arith.sitofp
// CHECK-COUNT-14: vector.maskedstore
// CHECK: scf.for {{.*}} step %c4
// CHECK: memref.prefetch %arg4[%{{.*}}, %{{.*}}, %c0], read, locality<3>
// CHECK: memref.prefetch %arg4[%{{.*}}, %{{.*}}, %c16], read, locality<3>
// CHECK: scf.for %[[UNIT:.*]] = %{{.*}} iter_args({{.*}}) -> ({{(vector<16xi32>, ){7}vector<16xi32>}})
// CHECK: %[[AFTER:.*]] = arith.addi %[[UNIT]], %c32
// CHECK: %[[LATER:.*]] = arith.minsi %[[AFTER]], %c15
// CHECK: memref.prefetch %arg3[%{{.*}}, %[[LATER]], %c0], read, locality<3>
// CHECK: memref.prefetch %arg3[%{{.*}}, %[[LATER]], %c64], read, locality<3>
// CHECK-COUNT-8: llvm.call_intrinsic
// CHECK: scf.for {{.*}} step %c2
// CHECK-COUNT-4: llvm.call_intrinsic
// CHECK: scf.for {{.*}} step %c1
// CHECK-COUNT-2: llvm.call_intrinsic
// CHECK-NOT: llvm.call_intrinsic
// With 16 registers of half the width, a tile has 3 rows, and a panel two tiles.
// HALF-LABEL: func @rows
// HALF-NOT: kernel.parallel
// HALF-COUNT-6: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"
// HALF-COUNT-4: llvm.call_intrinsic
// HALF-COUNT-2: llvm.call_intrinsic
// HALF-COUNT-12: llvm.call_intrinsic
// HALF-NOT: llvm.call_intrinsic
// An instruction that takes both sides as signed multiplies them as they are.
// SIGNED-LABEL: func @rows
// SIGNED-NOT: arith.xori
// SIGNED: scf.for {{.*}} iter_args({{.*}}%[[ZERO:cst[_0-9]*]]) -> ({{(vector<16xi32>, ){13}vector<16xi32>}})
// SIGNED-NOT: arith.xori
// SIGNED: func @pairs
func.func @rows(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<3x16x128xi8>, %s: memref<3x2x32xf32>,
                %y: memref<?x80xf32>) {
  kernel.dot_product rows(%q : memref<?x64xi8>) weights(%u : memref<3x16x128xi8>)
      groups(%t, %z, %s : memref<?x2xf32>, memref<?x2xi32>, memref<3x2x32xf32>) outs(%y : memref<?x80xf32>)
  return
}

// -----

// A byte of two numbers is two bytes, of which the rows' first four and last four multiply; an offset meets the row's
// sum. One row has no other tile.

// HALF-LABEL: func @pairs
// CHECK-LABEL: func @pairs
// CHECK: %[[LOW:.*]] = arith.constant dense<252645135> : vector<16xi32>
// CHECK-NOT: scf.for {{.*}} step %c2
// CHECK: arith.andi %{{.*}}, %[[LOW]]
// CHECK: arith.shrui
// CHECK: arith.andi %{{.*}}, %[[LOW]]
// CHECK-COUNT-4: llvm.call_intrinsic
// CHECK: vector.load {{.*}} : memref<1x2x32xf32>
// CHECK: vector.load {{.*}} : memref<1x2x32xf32>
// CHECK: %[[SUM:.*]] = arith.sitofp %{{.*}} : i32 to f32
// CHECK: arith.mulf %{{.*}}, %[[SUM]]
// CHECK-NOT: llvm.call_intrinsic
// CHECK: vector.store
func.func @pairs(%q: memref<1x64xi8>, %t: memref<1x2xf32>, %z: memref<1x2xi32>, %u: memref<1x8x128xi8>, %s: memref<1x2x32xf32>,
                 %o: memref<1x2x32xf32>, %y: memref<1x32xf32>) {
  kernel.dot_product rows(%q : memref<1x64xi8>) weights(%u : memref<1x8x128xi8>)
      groups(%t, %z, %s : memref<1x2xf32>, memref<1x2xi32>, memref<1x2x32xf32>) offsets(%o : memref<1x2x32xf32>)
      outs(%y : memref<1x32xf32>) {shift = 0 : i64, packed}
  return
}

// -----

// Of bf16 there are no groups: a tile is 14 rows by two vectors of f32, then 8, 4, 2 and 1, and pairs of a row meet 32
// numbers of bf16. The bias is read once for all rows of a tile, the residual of each; a masked vector masks both. What
// is stored may be narrower.

// CHECK-LABEL: func @finished
// CHECK: scf.for {{.*}} step %c14
// CHECK: scf.for {{.*}} to %c33 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){27}vector<16xf32>}})
// CHECK: vector.load {{.*}} : memref<2x33x64xbf16>, vector<32xbf16>
// CHECK: vector.load {{.*}} : memref<?x66xbf16>, vector<2xbf16>
// CHECK-COUNT-28: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// CHECK-NOT: llvm.call_intrinsic
// CHECK: %[[MASK:.*]] = vector.create_mask
// CHECK: vector.maskedload %{{.*}}[%{{.*}}], %[[MASK]]{{.*}} : memref<40xf32>
// CHECK: vector.maskedload %{{.*}}[%{{.*}}, %{{.*}}], %[[MASK]]{{.*}} : memref<?x40xf32>
// CHECK-NEXT: memref.load %{{.*}} : memref<?xf32>
// CHECK: %[[SCALED:.*]] = arith.mulf %{{.*}}, %{{.*}} : vector<16xf32>
// CHECK: arith.truncf %{{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK-NEXT: vector.maskedstore %{{.*}}, %[[MASK]]{{.*}} : memref<?x40xbf16>
// CHECK-NOT: memref<40xf32>
// CHECK: vector.maskedload %{{.*}} : memref<?x40xf32>
// CHECK: scf.for {{.*}} step %c8
// CHECK-COUNT-16: llvm.call_intrinsic
// CHECK: scf.for {{.*}} step %c4
// HALF-LABEL: func @finished
// HALF-COUNT-12: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.256"(%{{.*}}) : (vector<8xf32>, vector<16xbf16>, vector<16xbf16>)
func.func @finished(%q: memref<?x66xbf16>, %u: memref<2x33x64xbf16>, %b: memref<40xf32>, %r: memref<?x40xf32>, %s: memref<?xf32>,
                    %y: memref<?x40xbf16>) {
  kernel.dot_product rows(%q : memref<?x66xbf16>) weights(%u : memref<2x33x64xbf16>)
      extras(%b, %r, %s : memref<40xf32>, memref<?x40xf32>, memref<?xf32>) outs(%y : memref<?x40xbf16>)
      {extra_maps = [affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>]} finish {
  ^bb0(%bias: f32, %residual: f32, %scale: f32, %sum: f32):
    %0 = arith.addf %sum, %bias : f32
    %1 = arith.mulf %0, %scale : f32
    %2 = arith.addf %1, %residual : f32
    %3 = arith.truncf %2 : f32 to bf16
    kernel.yield %3 : bf16
  }
  return
}
