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

// So is a choice between launches, whose event they have.

// CHECK-LABEL: func @choice
// CHECK-SAME: lathe.events = ["product"]
// CHECK: kernel.event 0 in %arg2
// CHECK-NEXT: scf.if
// CHECK-NEXT: kernel.launch @k {{.*}} {lathe.event = 0 : i64}
// CHECK: kernel.event 0 end in %arg2
// CHECK-NOT: kernel.event
func.func @choice(%x: memref<4xf32>, %few: i1, %run: !llvm.ptr) attributes {lathe.entry} {
  %one = arith.constant 1 : index
  scf.if %few {
    kernel.launch @k over %one(%x) in %run : !llvm.ptr, memref<4xf32> loc("product")
  } loc("product")
  scf.if %few {
    memref.assume_alignment %x, 4 : memref<4xf32>
  } loc("head")
  return
}
kernel.binary @k buffers 1 scalars 0 workgroup 64 shared 0 code "abcd"

// A loop that computes several steps band by band has events of its own: the
// first round's, and the next one for all others.

// CHECK-LABEL: func @bands
// CHECK-SAME: lathe.events = ["stem", "stem", "head", "head"]
// CHECK: scf.for
// CHECK: %[[AGAIN:.*]] = arith.cmpi ne
// CHECK: kernel.event 0 in %arg1 again %[[AGAIN]]
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: kernel.event 0 end in %arg1 again %[[AGAIN]]
// CHECK-NEXT: kernel.event 2 in %arg1 again %[[AGAIN]]
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: kernel.event 2 end in %arg1 again %[[AGAIN]]
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @bands(%x: memref<4xf32>, %run: !llvm.ptr) attributes {lathe.entry} {
  %two = arith.constant 2.0 : f32
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %four = arith.constant 4 : index
  scf.for %i = %zero to %four step %one {
    linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("stem")
    linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("head")
  } loc("head")
  return
}

// Two ways to compute the same share events.

// CHECK-LABEL: func @ways
// CHECK-SAME: lathe.events = ["stem", "head", "stem"]
// CHECK: scf.if
// CHECK-NEXT: kernel.event 0 in
// CHECK: kernel.event 1 in
// CHECK: kernel.event 2 in
// CHECK: } else {
// CHECK-NEXT: kernel.event 0 in
// CHECK: kernel.event 1 in
// CHECK: kernel.event 2 in
// CHECK-NOT: kernel.event {{[^2]}}
func.func @ways(%x: memref<4xf32>, %one: i1, %run: !llvm.ptr) attributes {lathe.entry} {
  %two = arith.constant 2.0 : f32
  scf.if %one {
    linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("stem")
    linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("head")
    linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("stem")
  } else {
    linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("stem")
    linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("head")
    linalg.fill ins(%two : f32) outs(%x : memref<4xf32>) loc("stem")
  } loc("head")
  return
}
