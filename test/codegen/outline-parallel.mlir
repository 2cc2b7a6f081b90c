// RUN: lathe-opt %s -split-input-file -lathe-outline-parallel | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-outline-parallel -lathe-lower-kernel-calls | FileCheck %s --check-prefix=CALL

// The body becomes a function of a range and of what it captured; constants
// are made again inside.

// CHECK-LABEL: func @main
// CHECK: kernel.dispatch @main_parallel(%arg0, %arg1) over %{{.*}} grain %{{.*}} in %arg1
// CHECK-LABEL: func private @main_parallel
// CHECK-SAME: (%[[LO:.*]]: index, %[[HI:.*]]: index, %[[X:.*]]: memref<8xf32>, %{{.*}}: !llvm.ptr)
// CHECK: arith.constant 1.0
// CHECK: scf.for %[[I:.*]] = %[[LO]] to %[[HI]]
// CHECK: memref.store %{{.*}}, %[[X]][%[[I]]]

// CALL-DAG: func private @latheParallelFor(!llvm.ptr, i64, i64, !llvm.ptr, !llvm.ptr)
// CALL-LABEL: func @main
// CALL: llvm.alloca
// CALL: call @latheParallelFor(%arg1,
// CALL-LABEL: func private @main_parallel_thunk
// CALL-SAME: (%{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr)
// CALL: call @main_parallel(
func.func @main(%x: memref<8xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  %n = arith.constant 8 : index
  %grain = arith.constant 2 : index
  %one = arith.constant 1.0 : f32
  kernel.parallel %n grain %grain {
  ^bb0(%i: index):
    memref.store %one, %x[%i] : memref<8xf32>
    kernel.yield
  }
  return
}

// -----

// What a body takes from the stack is taken once, not once an iteration.

// CHECK-LABEL: func private @scratch_parallel
// CHECK: memref.alloca() : memref<8xf32>
// CHECK: scf.for
// CHECK-NOT: memref.alloca
// CHECK: memref.store
func.func @scratch(%n: index, %x: f32, %context: !llvm.ptr) {
  %c1 = arith.constant 1 : index
  %c0 = arith.constant 0 : index
  kernel.parallel %n grain %c1 {
  ^bb0(%i: index):
    %s = memref.alloca() : memref<8xf32>
    memref.store %x, %s[%c0] : memref<8xf32>
    kernel.yield
  }
  return
}

// -----

// A loop that does the same to other memory runs the same function; one that
// differs has its own.

// CHECK-LABEL: func @alike
// CHECK: kernel.dispatch @[[SHARED:.*]](%arg0, %arg2)
// CHECK: kernel.dispatch @[[SHARED]](%arg1, %arg2)
// CHECK: kernel.dispatch @alike_parallel_0(%arg1, %arg2)
// CHECK-LABEL: func private @alike_parallel(
// CHECK-LABEL: func private @alike_parallel_0(
// CHECK: arith.constant 2.0
// CHECK-NOT: func

// CALL-LABEL: func private @alike_parallel_thunk(
// CALL-LABEL: func private @alike_parallel_0_thunk(
// CALL-NOT: _thunk(
func.func @alike(%x: memref<8xf32>, %y: memref<8xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  %n = arith.constant 8 : index
  %grain = arith.constant 2 : index
  %one = arith.constant 1.0 : f32
  %two = arith.constant 2.0 : f32
  kernel.parallel %n grain %grain {
  ^bb0(%i: index):
    memref.store %one, %x[%i] : memref<8xf32>
    kernel.yield
  }
  kernel.parallel %n grain %grain {
  ^bb0(%i: index):
    memref.store %one, %y[%i] : memref<8xf32>
    kernel.yield
  }
  kernel.parallel %n grain %grain {
  ^bb0(%i: index):
    memref.store %two, %y[%i] : memref<8xf32>
    kernel.yield
  }
  return
}
