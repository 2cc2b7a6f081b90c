// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-pad-in-place))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-pad-in-place,eliminate-empty-tensors),one-shot-bufferize{bufferize-function-boundaries},canonicalize,cse,func.func(lathe-fill-borders,lathe-copies-to-nests))' | FileCheck %s --check-prefix=BUFFERS

// Two images are put into the same zeros. Each gets zeros of its own, before the
// nest that computes it, which then stores into the padded buffer: after
// bufferization there is no copy. The sizes come along.

// CHECK-LABEL: func @twoImages
// CHECK: %[[E1:.*]] = tensor.empty(%{{.*}}) : tensor<?x6xf32>
// CHECK: %[[F1:.*]] = linalg.fill {{.*}} outs(%[[E1]] :
// CHECK: %[[A:.*]] = kernel.nest
// CHECK: %[[E2:.*]] = tensor.empty(%{{.*}}) : tensor<?x6xf32>
// CHECK: %[[F2:.*]] = linalg.fill {{.*}} outs(%[[E2]] :
// CHECK: %[[B:.*]] = kernel.nest
// CHECK-NOT: tensor.empty
// CHECK: tensor.insert_slice %[[A]] into %[[F1]]
// CHECK: tensor.insert_slice %[[B]] into %[[F2]]

// A border of four slabs each, which leaves the inside alone.
// BUFFERS-LABEL: func @twoImages
// BUFFERS: kernel.nest ins() outs({{.*}} : memref<1x6xf32
// BUFFERS: kernel.nest ins() outs({{.*}} : memref<?x6xf32
// BUFFERS: kernel.nest ins() outs({{.*}} : memref<?x1xf32
// BUFFERS: kernel.nest ins() outs({{.*}} : memref<?x1xf32
// BUFFERS: kernel.nest ins(%{{.*}} : memref<?x4xf32{{.*}}>) outs(%{{.*}} : memref<?x4xf32, strided<[6, 1], offset: 7>>)
// BUFFERS: kernel.nest ins() outs({{.*}} : memref<1x6xf32
// BUFFERS: kernel.nest ins() outs({{.*}} : memref<?x6xf32
// BUFFERS: kernel.nest ins() outs({{.*}} : memref<?x1xf32
// BUFFERS: kernel.nest ins() outs({{.*}} : memref<?x1xf32
// BUFFERS: kernel.nest ins(%{{.*}} : memref<?x4xf32{{.*}}>) outs(%{{.*}} : memref<?x4xf32, strided<[6, 1], offset: 7>>)
// BUFFERS-NOT: kernel.nest
// BUFFERS-NOT: memref.copy
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @twoImages(%x: tensor<?x4xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %a = kernel.nest ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>)
      {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.negf %p : f32
    kernel.yield %0 : f32
  } -> tensor<?x4xf32>
  %b = kernel.nest ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>)
      {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.addf %p, %p : f32
    kernel.yield %0 : f32
  } -> tensor<?x4xf32>
  %padded = arith.addi %n, %c2 : index
  %empty = tensor.empty(%padded) : tensor<?x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x6xf32>) -> tensor<?x6xf32>
  %r = tensor.insert_slice %a into %zeros[1, 1] [%n, 4] [1, 1] : tensor<?x4xf32> into tensor<?x6xf32>
  %s = tensor.insert_slice %b into %zeros[1, 1] [%n, 4] [1, 1] : tensor<?x4xf32> into tensor<?x6xf32>
  return %r, %s : tensor<?x6xf32>, tensor<?x6xf32>
}

// -----

// A function's input is copied, and the border alone is filled all the same:
// here one slab.

// CHECK-LABEL: func @input
// CHECK: linalg.fill
// CHECK: tensor.insert_slice %arg0
// BUFFERS-LABEL: func @input
// BUFFERS: %[[P:.*]] = memref.alloc
// BUFFERS: %[[SLAB:.*]] = memref.subview %[[P]][0, 4] [3, 1] [1, 1]
// BUFFERS: kernel.nest ins() outs(%[[SLAB]] :
// BUFFERS: kernel.nest ins(%arg0
// BUFFERS-NOT: kernel.nest
func.func @input(%x: tensor<3x4xf32>) -> tensor<3x5xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<3x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x5xf32>) -> tensor<3x5xf32>
  %r = tensor.insert_slice %x into %zeros[0, 0] [3, 4] [1, 1] : tensor<3x4xf32> into tensor<3x5xf32>
  return %r : tensor<3x5xf32>
}
