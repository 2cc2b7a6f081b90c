// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-lower-tasks{least-thread-work=100000},lathe-plan-memory,lathe-mark-events,lathe-generate-nests{vector-bytes=32}),lathe-outline-parallel,canonicalize)' | FileCheck %s
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-lower-tasks{least-thread-work=100000}))' | FileCheck %s --check-prefix=TASKS

// One loop over all tasks. Two nests of 4 x 64 with two operations an element
// are worth a thread from 98 tasks on.

// TASKS-LABEL: func @tasks
// TASKS: %[[N:.*]] = memref.dim %arg0
// TASKS: %[[COUNT:.*]] = arith.muli %[[N]], %c6
// TASKS: kernel.parallel %[[COUNT]] grain %c98 {
// TASKS-NEXT: ^bb0(%[[T:.*]]: index):
// TASKS: %[[J:.*]] = arith.remui %[[T]], %c6
// TASKS: %[[I:.*]] = arith.divui %[[T]], %c6
// TASKS: memref.subview %arg0[%[[I]], %[[J]], 0, 0]
// TASKS-NOT: scf.forall

// The task's own buffer is memory on the stack, which grows once a thread and
// not with each task; its nests are loops of one thread.
// CHECK: func @tasks
// CHECK-SAME: lathe.arena_bytes = 0 : i64
// CHECK: kernel.event
// CHECK: kernel.dispatch @tasks_parallel
// CHECK: kernel.event {{.*}} end
// CHECK: func private @tasks_parallel
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<1024xi8>
// CHECK: scf.for
// CHECK-NOT: memref.alloca
// CHECK-NOT: kernel.dispatch
// CHECK: return
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#task = affine_map<(d0, d1, d2, d3) -> (d0, d1)>
func.func @tasks(%x: memref<?x6x4x64xf32> {lathe.bounds = array<i64: 3, 6, 4, 64>}, %y: memref<?x6xf32> {lathe.bounds = array<i64: 3, 6>}, %weights: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x6x4x64xf32>
  scf.forall (%i, %j) in (%n, 6) {
    %part = memref.subview %x[%i, %j, 0, 0] [1, 1, 4, 64] [1, 1, 1, 1] : memref<?x6x4x64xf32> to memref<1x1x4x64xf32, strided<[1536, 256, 64, 1], offset: ?>>
    %own = memref.alloc() : memref<1x1x4x64xf32>
    %place = memref.subview %y[%i, %j] [1, 1] [1, 1] : memref<?x6xf32> to memref<1x1xf32, strided<[6, 1], offset: ?>>
    kernel.nest ins(%part : memref<1x1x4x64xf32, strided<[1536, 256, 64, 1], offset: ?>>) outs(%own : memref<1x1x4x64xf32>)
        {indexing_maps = [#id, #id], reductions = array<i1: false, false, false, false>, init = 0.0 : f32}
        reduce {
        } finish {
        ^bb0(%a: f32, %none: f32):
          %t = arith.mulf %a, %a : f32
          kernel.yield %t : f32
        }
    kernel.nest ins(%own : memref<1x1x4x64xf32>) outs(%place : memref<1x1xf32, strided<[6, 1], offset: ?>>)
        {indexing_maps = [#id, #task], reductions = array<i1: false, false, true, true>, init = 0.0 : f32}
        reduce {
        ^bb0(%a: f32, %sum: f32):
          %t = arith.addf %sum, %a : f32
          kernel.yield %t : f32
        } finish {
        ^bb0(%a: f32, %sum: f32):
          kernel.yield %sum : f32
        }
  }
  return
}
