// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-copies-to-nests))' | FileCheck %s
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-copies-to-nests{copies-only}))' | FileCheck %s --check-prefix=COPIES

// COPIES-LABEL: func @main
// COPIES: kernel.nest ins(%arg0 : memref<4xf32>) outs(%arg1
// COPIES: linalg.fill
// COPIES-NOT: memref.copy

// CHECK-LABEL: func @main
// CHECK: kernel.nest ins(%arg0 : memref<4xf32>) outs(%arg1
// CHECK: kernel.nest ins() outs(%arg1 : memref<4xf32>)
// CHECK-SAME: init = 2.000000e+00 : f32
// A copy of a buffer to itself goes.
// CHECK-NOT: kernel.nest
// CHECK-NOT: memref.copy
func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
  %two = arith.constant 2.0 : f32
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  linalg.fill ins(%two : f32) outs(%y : memref<4xf32>)
  memref.copy %y, %y : memref<4xf32> to memref<4xf32>
  return
}
