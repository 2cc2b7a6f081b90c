// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-fuse-bands{second-cache-bytes=65536}))' -split-input-file | FileCheck %s
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-fuse-bands))' -split-input-file | FileCheck %s --check-prefix=HELD --implicit-check-not=scf.for

// An image of 64 kB, between a nest and windows of 3x3 over it, with a border of
// zeros, is computed in bands of 8 rows; the second nest is a row behind. The
// last band has the rest.

// HELD-LABEL: func @windows
// CHECK-LABEL: func @windows
// The border is filled before, in all images.
// CHECK: linalg.fill
// CHECK: %[[THREADS:.*]] = kernel.threads in %arg3
// CHECK: %[[ONE:.*]] = arith.cmpi eq, %[[THREADS]], %c1
// CHECK: scf.if %[[ONE]]
// CHECK: scf.for %[[N:.*]] = %c0{{.*}} to %dim
// CHECK: scf.for %[[T:.*]] = %c0{{.*}} to %c8
// CHECK: %[[IS_LAST:.*]] = arith.cmpi eq, %[[T]], %c7
// Rows 8 t to 8 t + 8 of the first nest, or to 64 at last.
// CHECK: %[[BEGIN:.*]] = arith.minsi
// CHECK: %[[END:.*]] = arith.select %[[IS_LAST]], %c64
// CHECK: %[[ROWS:.*]] = kernel.bounded %{{.*}} max 64
// CHECK: %[[IN:.*]] = memref.subview %arg0[%[[N]], %[[BEGIN]], 0, 0] [1, %[[ROWS]], 32, 8] [1, 1, 1, 1]
// In the buffer, behind those that are read again.
// CHECK: %[[BEHIND:.*]] = arith.addi %[[BEGIN]], %c1
// CHECK: %[[AT:.*]] = arith.subi %[[BEHIND]]
// CHECK: %[[OUT:.*]] = memref.subview %alloc[%[[N]], %[[AT]], 1, 0] [1, %[[ROWS]], 32, 8] [1, 1, 1, 1]
// CHECK: kernel.nest ins(%[[IN]] : {{.*}}) outs(%[[OUT]] : {{.*}}) {{.*}} lathe.image_rows = 64
// What lies behind the image is filled by the last band.
// CHECK: scf.if %[[IS_LAST]]
// CHECK: arith.subi %c65
// CHECK: linalg.fill
// The window's rows are the result's and two more.
// CHECK: arith.muli %[[T]], %c8
// CHECK: arith.subi %{{.*}}, %c1
// CHECK: arith.maxsi
// CHECK: %[[TALL:.*]] = kernel.bounded %{{.*}} max 66
// CHECK: memref.subview %alloc[%[[N]], %{{.*}}, 0, 0] [1, %[[TALL]], 34, 8]
// CHECK: kernel.nest
// CHECK: kernel.yield
// Two rows move to the front, behind all bands but the last.
// CHECK: arith.cmpi ne, %[[T]], %c7
// CHECK: scf.if
// CHECK: %[[KEPT:.*]] = kernel.bounded %{{.*}} max
// CHECK: scf.if
// CHECK: memref.copy
// Several threads compute one nest after the other.
// CHECK: } else {
// CHECK-NEXT: kernel.nest ins(%arg0 : memref<?x64x32x8xf32>)
// CHECK: kernel.nest ins(%alloc, %arg1 :
// CHECK-NOT: scf.for
func.func @windows(%x: memref<?x64x32x8xf32>, %w: memref<3x3x8x8xf32>, %y: memref<?x64x32x8xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %dim = memref.dim %x, %c0 : memref<?x64x32x8xf32>
  %alloc = memref.alloc(%dim) : memref<?x66x34x8xf32>
  %inside = memref.subview %alloc[0, 1, 1, 0] [%dim, 64, 32, 8] [1, 1, 1, 1] : memref<?x66x34x8xf32> to memref<?x64x32x8xf32, strided<[17952, 272, 8, 1], offset: 280>>
  %top = memref.subview %alloc[0, 0, 0, 0] [%dim, 1, 34, 8] [1, 1, 1, 1] : memref<?x66x34x8xf32> to memref<?x1x34x8xf32, strided<[17952, 272, 8, 1]>>
  linalg.fill ins(%zero : f32) outs(%top : memref<?x1x34x8xf32, strided<[17952, 272, 8, 1]>>)
  kernel.nest ins(%x : memref<?x64x32x8xf32>) outs(%inside : memref<?x64x32x8xf32, strided<[17952, 272, 8, 1], offset: 280>>) {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], init = 0.0 : f32, reductions = array<i1: false, false, false, false>} reduce {
  } finish {
  ^bb0(%a: f32, %s: f32):
    %e = math.exp %a : f32
    kernel.yield %e : f32
  }
  %bottom = memref.subview %alloc[0, 65, 0, 0] [%dim, 1, 34, 8] [1, 1, 1, 1] : memref<?x66x34x8xf32> to memref<?x1x34x8xf32, strided<[17952, 272, 8, 1], offset: 17680>>
  kernel.nest ins(%alloc, %w : memref<?x66x34x8xf32>, memref<3x3x8x8xf32>) outs(%y : memref<?x64x32x8xf32>) {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 + d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true, true>} reduce {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %s, %p : f32
    kernel.yield %r : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %s: f32):
    kernel.yield %s : f32
  }
  return
}

// -----

// What is read whole keeps its reader out, as does what is stored in place of
// what was read; so do rows whose number is not known.

// CHECK-LABEL: func @apart
// CHECK-NOT: scf.for
// HELD-LABEL: func @apart
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
func.func @apart(%x: memref<1x64x32x8xf32>, %some: memref<1x?x32x8xf32>, %y: memref<1x64x32x8xf32>, %sums: memref<1x1x1x8xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  %a = memref.alloc() : memref<1x64x32x8xf32>
  kernel.nest ins(%x : memref<1x64x32x8xf32>) outs(%a : memref<1x64x32x8xf32>) {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false, false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  kernel.nest ins(%a : memref<1x64x32x8xf32>) outs(%sums : memref<1x1x1x8xf32>) {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true, true>} reduce {
  ^bb0(%e: f32, %s: f32):
    %r = arith.addf %s, %e : f32
    kernel.yield %r : f32
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %s : f32
  }
  kernel.nest ins(%y : memref<1x64x32x8xf32>) outs(%x : memref<1x64x32x8xf32>) {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false, false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  kernel.nest ins(%x : memref<1x64x32x8xf32>) outs(%y : memref<1x64x32x8xf32>) {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false, false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  kernel.nest ins(%some : memref<1x?x32x8xf32>) outs(%some : memref<1x?x32x8xf32>) {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false, false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  return
}

// -----

// Tiles of Winograd's method are not cut: bands have 4 rows, though 7 would fit.
// What they lag behind is a whole number of tiles, too.

// CHECK-LABEL: func @tiles
// CHECK: scf.for %{{.*}} to %c16
// CHECK: %[[T4:.*]] = arith.muli %arg{{.*}}, %c4
// CHECK: kernel.nest
// CHECK: %[[BACK:.*]] = arith.subi %{{.*}}, %c4
// CHECK: arith.maxsi %[[BACK]], %c0
// CHECK: %[[ROWS:.*]] = kernel.bounded %{{.*}} max 64
// CHECK: kernel.winograd {{.*}}lathe.image_rows = 16
// HELD-LABEL: func @tiles
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
func.func @tiles(%x: memref<1x64x32x8xf32>, %w: memref<1x36x8x8xf32>, %y: memref<1x64x32x8xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  %a = memref.alloc() : memref<1x66x34x8xf32>
  %inside = memref.subview %a[0, 1, 1, 0] [1, 64, 32, 8] [1, 1, 1, 1] : memref<1x66x34x8xf32> to memref<1x64x32x8xf32, strided<[17952, 272, 8, 1], offset: 280>>
  kernel.nest ins(%x : memref<1x64x32x8xf32>) outs(%inside : memref<1x64x32x8xf32, strided<[17952, 272, 8, 1], offset: 280>>) {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false, false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  kernel.winograd ins(%a : memref<1x66x34x8xf32>) filters(%w : memref<1x36x8x8xf32>) outs(%y : memref<1x64x32x8xf32>)
  return
}

// -----

// Two nests that read one table may have different numbers of images; and of a
// matrix nothing is computed row by row, whatever reads it next.

// CHECK-LABEL: func @others
// CHECK-NOT: scf.for
// HELD-LABEL: func @others
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#table = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>
#two = affine_map<(d0, d1) -> (d0, d1)>
func.func @others(%t: memref<64x32x8xf32>, %x: memref<?x64x32x8xf32>, %y: memref<?x64x32x8xf32>, %m: memref<?x16384xf32>, %o: memref<?x16384xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%t : memref<64x32x8xf32>) outs(%x : memref<?x64x32x8xf32>) {indexing_maps = [#table, #id], init = 0.0 : f32, reductions = array<i1: false, false, false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  kernel.nest ins(%t : memref<64x32x8xf32>) outs(%y : memref<?x64x32x8xf32>) {indexing_maps = [#table, #id], init = 0.0 : f32, reductions = array<i1: false, false, false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  %c0 = arith.constant 0 : index
  %n = memref.dim %m, %c0 : memref<?x16384xf32>
  %a = memref.alloc(%n) : memref<?x16384xf32>
  kernel.nest ins(%m : memref<?x16384xf32>) outs(%a : memref<?x16384xf32>) {indexing_maps = [#two, #two], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  kernel.nest ins(%a : memref<?x16384xf32>) outs(%o : memref<?x16384xf32>) {indexing_maps = [#two, #two], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %s: f32):
    kernel.yield %e : f32
  }
  return
}
