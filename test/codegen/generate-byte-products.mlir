// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-byte-products,canonicalize,cse))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-byte-products{parallel=false vector-bytes=32 registers=16 dot=llvm.x86.avx512.vpdpbusd.256},canonicalize,cse))' | FileCheck %s --check-prefix=HALF

// Tiles of 7 rows by both vectors of a panel, then 4, 2 and 1; sums of 8 units a group begin at -128 times those of the
// row. The last of three panels has 16 columns: its second vector is masked away.

// CHECK-LABEL: func @rows
// CHECK: kernel.parallel %{{.*}} grain
// CHECK: scf.for {{.*}} step %c7
// CHECK: scf.for {{.*}} to %c2 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){13}vector<16xf32>}})
// CHECK: arith.muli %{{.*}}, %c-128_i32
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> ({{(vector<16xi32>, ){13}vector<16xi32>}})
// CHECK: vector.load {{.*}} : memref<3x16x128xi8>, vector<64xi8>
// CHECK: vector.load {{.*}} : memref<?x64xi8>, vector<4xi8>
// CHECK-COUNT-14: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK-NOT: llvm.call_intrinsic
// CHECK-COUNT-14: arith.sitofp
// CHECK-COUNT-14: vector.maskedstore
// CHECK: scf.for {{.*}} step %c4
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
func.func @rows(%q: memref<?x64xi8>, %t: memref<?x2xf32>, %z: memref<?x2xi32>, %u: memref<3x16x128xi8>, %s: memref<3x2x32xf32>,
                %y: memref<?x80xf32>) {
  kernel.byte_product rows(%q, %t, %z : memref<?x64xi8>, memref<?x2xf32>, memref<?x2xi32>)
      weights(%u, %s : memref<3x16x128xi8>, memref<3x2x32xf32>) outs(%y : memref<?x80xf32>) {shift = 128 : i64}
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
  kernel.byte_product rows(%q, %t, %z : memref<1x64xi8>, memref<1x2xf32>, memref<1x2xi32>)
      weights(%u, %s : memref<1x8x128xi8>, memref<1x2x32xf32>) offsets(%o : memref<1x2x32xf32>)
      outs(%y : memref<1x32xf32>) {shift = 0 : i64, packed}
  return
}
