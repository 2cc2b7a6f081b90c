// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-fill-borders))' | FileCheck %s

// The copy stores the inside, so that the slabs around it are left to fill: of
// the first dimension whole ones, of the second what lies between these.

// CHECK-LABEL: func @around
// CHECK: %[[P:.*]] = memref.alloc
// CHECK: %[[ABOVE:.*]] = memref.subview %[[P]][0, 0] [2, 7] [1, 1]
// CHECK: linalg.fill {{.*}} outs(%[[ABOVE]] :
// CHECK: %[[BELOW:.*]] = memref.subview %[[P]][5, 0] [1, 7] [1, 1]
// CHECK: linalg.fill {{.*}} outs(%[[BELOW]] :
// CHECK: %[[RIGHT:.*]] = memref.subview %[[P]][2, 4] [3, 3] [1, 1]
// CHECK: linalg.fill {{.*}} outs(%[[RIGHT]] :
// CHECK-NOT: linalg.fill
// CHECK: memref.copy
func.func @around(%x: memref<3x4xf32>) -> memref<6x7xf32> {
  %zero = arith.constant 0.0 : f32
  %p = memref.alloc() : memref<6x7xf32>
  linalg.fill ins(%zero : f32) outs(%p : memref<6x7xf32>)
  %inside = memref.subview %p[2, 0] [3, 4] [1, 1] : memref<6x7xf32> to memref<3x4xf32, strided<[7, 1], offset: 14>>
  memref.copy %x, %inside : memref<3x4xf32> to memref<3x4xf32, strided<[7, 1], offset: 14>>
  return %p : memref<6x7xf32>
}

// -----

// Something reads the filled buffer before the inside is stored: through a view
// of it, in a loop.

// CHECK-LABEL: func @read
// CHECK: linalg.fill {{.*}} outs(%{{.*}} : memref<6xf32>)
// CHECK-NOT: linalg.fill
func.func @read(%x: memref<4xf32>, %y: memref<4xf32>, %n: index) -> memref<6xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %p = memref.alloc() : memref<6xf32>
  linalg.fill ins(%zero : f32) outs(%p : memref<6xf32>)
  %inside = memref.subview %p[1] [4] [1] : memref<6xf32> to memref<4xf32, strided<[1], offset: 1>>
  scf.for %i = %c0 to %n step %c1 {
    memref.copy %inside, %y : memref<4xf32, strided<[1], offset: 1>> to memref<4xf32>
  }
  memref.copy %x, %inside : memref<4xf32> to memref<4xf32, strided<[1], offset: 1>>
  return %p : memref<6xf32>
}

// -----

// The nest that stores the inside reads the zeros, too.

// CHECK-LABEL: func @reader
// CHECK: linalg.fill {{.*}} outs(%{{.*}} : memref<6xf32>)
// CHECK-NOT: linalg.fill
#id = affine_map<(d0) -> (d0)>
func.func @reader() -> memref<6xf32> {
  %zero = arith.constant 0.0 : f32
  %p = memref.alloc() : memref<6xf32>
  linalg.fill ins(%zero : f32) outs(%p : memref<6xf32>)
  %inside = memref.subview %p[1] [3] [1] : memref<6xf32> to memref<3xf32, strided<[1], offset: 1>>
  %other = memref.subview %p[3] [3] [1] : memref<6xf32> to memref<3xf32, strided<[1], offset: 3>>
  kernel.nest ins(%other : memref<3xf32, strided<[1], offset: 3>>) outs(%inside : memref<3xf32, strided<[1], offset: 1>>)
      {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false>} reduce {
  } finish {
  ^bb0(%q: f32, %acc: f32):
    kernel.yield %q : f32
  }
  return %p : memref<6xf32>
}

// -----

// A strided store leaves zeros between its elements.

// CHECK-LABEL: func @spread
// CHECK: linalg.fill {{.*}} outs(%{{.*}} : memref<6xf32>)
// CHECK-NOT: linalg.fill
func.func @spread(%x: memref<3xf32>) -> memref<6xf32> {
  %zero = arith.constant 0.0 : f32
  %p = memref.alloc() : memref<6xf32>
  linalg.fill ins(%zero : f32) outs(%p : memref<6xf32>)
  %places = memref.subview %p[0] [3] [2] : memref<6xf32> to memref<3xf32, strided<[2]>>
  memref.copy %x, %places : memref<3xf32> to memref<3xf32, strided<[2]>>
  return %p : memref<6xf32>
}
