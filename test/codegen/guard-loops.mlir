// RUN: lathe-opt %s -lathe-guard-loops | FileCheck %s

// What a loop without a step gives is what it began with, also where a lowering
// takes what the last step stored.

// CHECK-LABEL: func @maybe
// CHECK: %[[STEP:.*]] = arith.cmpi slt, %arg0, %arg1 : index
// CHECK: %[[SUM:.*]]:2 = scf.if %[[STEP]] -> (f32, f32) {
// CHECK:   %[[LOOP:.*]]:2 = scf.for %{{.*}} = %arg0 to %arg1 {{.*}} iter_args(%{{.*}} = %arg2, %{{.*}} = %arg3)
// CHECK:   scf.yield %[[LOOP]]#0, %[[LOOP]]#1 : f32, f32
// CHECK: } else {
// CHECK:   scf.yield %arg2, %arg3 : f32, f32
// CHECK: }
// CHECK: return %[[SUM]]#0, %[[SUM]]#1
func.func @maybe(%begin: index, %end: index, %a: f32, %b: f32) -> (f32, f32) {
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %begin to %end step %c1 iter_args(%x = %a, %y = %b) -> (f32, f32) {
    %z = arith.addf %x, %y : f32
    scf.yield %z, %x : f32, f32
  }
  return %r#0, %r#1 : f32, f32
}

// Loops in each other, the inner one within the outer one's guard.

// CHECK-LABEL: func @nested
// CHECK: scf.if
// CHECK:   scf.for
// CHECK:     arith.cmpi ult
// CHECK:     scf.if
// CHECK:       scf.for unsigned
func.func @nested(%n: index, %a: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%x = %a) -> (f32) {
    %s = scf.for unsigned %j = %c0 to %i step %c1 iter_args(%y = %x) -> (f32) {
      %z = arith.addf %y, %x : f32
      scf.yield %z : f32
    }
    scf.yield %s : f32
  }
  return %r : f32
}

// Nothing to guard: a step there is for sure, or nothing is given.

// CHECK-LABEL: func @surely
// CHECK-NOT: scf.if
// CHECK: return
func.func @surely(%n: index, %a: f32, %out: memref<?xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %r = scf.for %i = %c0 to %c8 step %c1 iter_args(%x = %a) -> (f32) {
    %z = arith.addf %x, %a : f32
    scf.yield %z : f32
  }
  scf.for %i = %c0 to %n step %c1 {
    memref.store %r, %out[%i] : memref<?xf32>
  }
  return %r : f32
}

// Known to have none.

// CHECK-LABEL: func @never
// CHECK: scf.if
func.func @never(%a: f32) -> f32 {
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c1 to %c1 step %c1 iter_args(%x = %a) -> (f32) {
    %z = arith.addf %x, %a : f32
    scf.yield %z : f32
  }
  return %r : f32
}
