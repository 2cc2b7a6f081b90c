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
