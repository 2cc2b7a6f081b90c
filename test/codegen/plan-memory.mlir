// RUN: lathe-opt %s -split-input-file -verify-diagnostics -pass-pipeline='builtin.module(func.func(lathe-plan-memory))' | FileCheck %s

// a and c never live at once and share a place; b is alive with both. The
// dynamic dimension counts at its bound: 16 x 4 bytes = 64.

// CHECK-LABEL: func @share
// CHECK-SAME: lathe.arena_bytes = 128 : i64
// CHECK-SAME: lathe.live_bytes = 128 : i64
// CHECK-DAG: memref.view %arg2[%c0{{.*}}][%{{.*}}] : memref<?xi8> to memref<?xf32>
// CHECK-DAG: memref.view %arg2[%c64{{.*}}][%{{.*}}] : memref<?xi8> to memref<?xf32>
// CHECK-NOT: memref.alloc
func.func @share(%x: memref<?xf32> {lathe.bounds = array<i64: 16>}, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %a = memref.alloc(%n) : memref<?xf32>
  %b = memref.alloc(%n) : memref<?xf32>
  %c = memref.alloc(%n) : memref<?xf32>
  memref.copy %x, %a : memref<?xf32> to memref<?xf32>
  memref.copy %a, %b : memref<?xf32> to memref<?xf32>
  memref.copy %b, %c : memref<?xf32> to memref<?xf32>
  memref.copy %c, %x : memref<?xf32> to memref<?xf32>
  return
}

// -----

// A view keeps its buffer alive: a may not share with b.

// CHECK-LABEL: func @view
// CHECK-SAME: lathe.arena_bytes = 128 : i64
func.func @view(%x: memref<16xf32>, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %a = memref.alloc() : memref<16xf32>
  memref.copy %x, %a : memref<16xf32> to memref<16xf32>
  %v = memref.expand_shape %a [[0, 1]] output_shape [4, 4] : memref<16xf32> into memref<4x4xf32>
  %b = memref.alloc() : memref<4x4xf32>
  memref.copy %v, %b : memref<4x4xf32> to memref<4x4xf32>
  memref.copy %b, %v : memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

// By decreasing size, b and then a, c and d in this order, d would lie on both
// and the arena have 576 bytes. d, then on top, is placed first.

// CHECK-LABEL: func @order
// CHECK-SAME: lathe.arena_bytes = 448 : i64
// CHECK-SAME: lathe.live_bytes = 448 : i64
func.func @order(%x: memref<48xf32>, %y: memref<64xf32>, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %a = memref.alloc() : memref<48xf32>
  %b = memref.alloc() : memref<64xf32>
  %c = memref.alloc() : memref<48xf32>
  %d = memref.alloc() : memref<48xf32>
  memref.copy %x, %c : memref<48xf32> to memref<48xf32>
  memref.copy %c, %a : memref<48xf32> to memref<48xf32>
  memref.copy %x, %d : memref<48xf32> to memref<48xf32>
  memref.copy %a, %x : memref<48xf32> to memref<48xf32>
  memref.copy %y, %b : memref<64xf32> to memref<64xf32>
  memref.copy %d, %x : memref<48xf32> to memref<48xf32>
  memref.copy %b, %y : memref<64xf32> to memref<64xf32>
  return
}

// -----

// A number read from memory has no bound but that of a minimum.

// CHECK-LABEL: func @minimum
// CHECK-SAME: lathe.arena_bytes = 64 : i64
func.func @minimum(%x: memref<8xf32>, %counts: memref<1xindex>, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %count = memref.load %counts[%c0] : memref<1xindex>
  %n = arith.minsi %count, %c8 : index
  %part = memref.subview %x[0] [%n] [1] : memref<8xf32> to memref<?xf32, strided<[1]>>
  %a = memref.alloc(%n) : memref<?xf32>
  memref.copy %part, %a : memref<?xf32, strided<[1]>> to memref<?xf32>
  return
}

// -----

// The size of a view has the bound of what it is a view of: 2 · 8 of the most rows, 4.

// CHECK-LABEL: func @views
// CHECK-SAME: lathe.arena_bytes = 512 : i64
func.func @views(%x: memref<?x8xf32> {lathe.bounds = array<i64: 4, 8>}, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = memref.dim %x, %c0 : memref<?x8xf32>
  %part = memref.subview %x[0, 0] [%n, 8] [1, 1] : memref<?x8xf32> to memref<?x8xf32, strided<[8, 1]>>
  %rows = memref.dim %part, %c0 : memref<?x8xf32, strided<[8, 1]>>
  %a = memref.alloc(%rows) : memref<2x?x8xf32>
  %flat = memref.collapse_shape %a [[0, 1, 2]] : memref<2x?x8xf32> into memref<?xf32>
  %count = memref.dim %flat, %c0 : memref<?xf32>
  %b = memref.alloc(%count) : memref<?xf32>
  %half = arith.floordivsi %count, %c2 : index
  %pairs = memref.expand_shape %b [[0, 1]] output_shape [2, %half] : memref<?xf32> into memref<2x?xf32>
  %c1 = arith.constant 1 : index
  %width = memref.dim %pairs, %c1 : memref<2x?xf32>
  %c = memref.alloc(%width) : memref<?xf32>
  memref.copy %flat, %b : memref<?xf32> to memref<?xf32>
  %first = memref.subview %pairs[0, 0] [1, %half] [1, 1] : memref<2x?xf32> to memref<?xf32, strided<[1]>>
  memref.copy %first, %c : memref<?xf32, strided<[1]>> to memref<?xf32>
  return
}

// -----

func.func @unbounded(%x: memref<?xf32>, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  // expected-error @below {{has no bound of its size}}
  %a = memref.alloc(%n) : memref<?xf32>
  memref.copy %x, %a : memref<?xf32> to memref<?xf32>
  return
}

// -----

// All sizes are multiples of one: places are, too, behind what is always the
// same. Of a batch of 2, the second buffer begins at 256 + 2 * 512.

// CHECK-LABEL: func @scaled
// CHECK-SAME: lathe.arena_bytes = 14592 : i64
// CHECK: %[[N:.*]] = memref.dim %arg0, %c0
// CHECK: memref.view %arg2[%c0{{.*}}][] : memref<?xi8> to memref<64xf32>
// CHECK: %[[A:.*]] = arith.muli %[[N]], %c512
// CHECK: %[[FROM:.*]] = arith.addi %[[A]], %c256
// CHECK: memref.view %arg2[%[[FROM]]][%{{.*}}] : memref<?xi8> to memref<?x3x32xf32>
// CHECK: %[[B:.*]] = arith.muli %[[N]], %c0
// CHECK: %[[NEXT:.*]] = arith.addi %[[B]], %c256
// CHECK: memref.view %arg2[%[[NEXT]]][%{{.*}}] : memref<?xi8> to memref<?xf32>
// RUN: lathe-opt %s -split-input-file -verify-diagnostics -pass-pipeline='builtin.module(func.func(lathe-plan-memory{scales=false}))' | FileCheck %s --check-prefix=FIXED
// FIXED-LABEL: func @scaled
// FIXED-NOT: arith.addi
// FIXED: memref.view %arg2[%c{{[0-9]+}}{{.*}}][%{{.*}}] : memref<?xi8> to memref<?x3x32xf32>
func.func @scaled(%x: memref<?x8xf32> {lathe.bounds = array<i64: 16, 8>}, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %one = arith.constant 1.0 : f32
  %n = memref.dim %x, %c0 : memref<?x8xf32>
  %always = memref.alloc() : memref<64xf32>
  linalg.fill ins(%one : f32) outs(%always : memref<64xf32>)
  %a = memref.alloc(%n) : memref<?x3x32xf32>
  linalg.fill ins(%one : f32) outs(%a : memref<?x3x32xf32>)
  %more = memref.dim %a, %c0 : memref<?x3x32xf32>
  %size = arith.muli %more, %c128 : index
  %b = memref.alloc(%size) : memref<?xf32>
  linalg.fill ins(%one : f32) outs(%b : memref<?xf32>)
  linalg.fill ins(%one : f32) outs(%a : memref<?x3x32xf32>)
  linalg.fill ins(%one : f32) outs(%always : memref<64xf32>)
  return
}

// -----

// Two sizes that do not follow from each other: places are for both bounds.

// CHECK-LABEL: func @both
// CHECK-NOT: arith.muli
// CHECK: return
func.func @both(%x: memref<?x?xf32> {lathe.bounds = array<i64: 16, 8>}, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %n = memref.dim %x, %c0 : memref<?x?xf32>
  %m = memref.dim %x, %c1 : memref<?x?xf32>
  %a = memref.alloc(%n) : memref<?x32xf32>
  linalg.fill ins(%one : f32) outs(%a : memref<?x32xf32>)
  %b = memref.alloc(%m) : memref<?x32xf32>
  linalg.fill ins(%one : f32) outs(%b : memref<?x32xf32>)
  return
}
