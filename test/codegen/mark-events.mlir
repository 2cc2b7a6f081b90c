// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-mark-events))' | FileCheck %s

// Two fills of one step share an event; the next step has its own.

// CHECK-LABEL: func @main
// CHECK-SAME: lathe.events = ["stem", "head"]
// CHECK: kernel.event 0 in %arg1
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: kernel.event 0 end in %arg1
// CHECK-NEXT: kernel.event 1 in %arg1
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: kernel.event 1 end in %arg1
func.func @main(%x: memref<4xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  %two = arith.constant 2.0 : f32
  linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("stem")
  linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("stem")
  linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("head")
  return
}

// A call of the runtime is work, and knows its event for what it may report.

// CHECK-LABEL: func @call
// CHECK-SAME: lathe.events = ["match"]
// CHECK: kernel.event 0 in %arg1
// CHECK-NEXT: kernel.call @f outs(%arg0 : memref<4xf32>) {lathe.event = 0 : i64}
// CHECK-NEXT: kernel.event 0 end in %arg1
func.func @call(%x: memref<4xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.call @f outs(%x : memref<4xf32>) loc("match")
  return
}
