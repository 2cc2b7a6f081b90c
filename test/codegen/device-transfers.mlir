// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels=lacks=f16 | FileCheck %s

// The host waits for what it reads of what kernels wrote, by one wait for ops
// that follow each other, and uploads what it wrote. What the first call gave
// the second has already.

// CHECK-LABEL: func @calls
// CHECK-SAME: (%[[X:[^:]*]]: memref<8xf32> {lathe.on_host}, %[[Y:[^:]*]]: memref<8xf32>, %[[Z:[^:]*]]: memref<8xf32>, %[[V:[^:]*]]: memref<2xf32>, %[[P:[^:]*]]: memref<2xi64>,
// CHECK: kernel.launch
// CHECK: kernel.wait for(%[[Y]], %[[Z]]) in
// CHECK-NEXT: kernel.call @latheTopK ins(%[[Y]]
// CHECK-NEXT: kernel.upload(%[[V]], %[[P]]) in
// CHECK-NEXT: kernel.call @latheTopK ins(%[[Z]]
// CHECK-NEXT: kernel.upload(%[[V]], %[[P]]) in
// CHECK-NEXT: kernel.call @latheTopK ins(%[[V]]
// CHECK-NEXT: kernel.upload(%[[V]], %[[P]]) in
// CHECK-NEXT: kernel.call @latheTopK ins(%[[X]]
func.func @calls(%x: memref<8xf32>, %y: memref<8xf32>, %z: memref<8xf32>, %v: memref<2xf32>, %p: memref<2xi64>, %states: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  kernel.nest ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %a : f32
  }
  kernel.nest ins(%x : memref<8xf32>) outs(%z : memref<8xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %a : f32
  }
  kernel.call @latheTopK ins(%y : memref<8xf32>) outs(%v, %p : memref<2xf32>, memref<2xi64>) sizes(%c1, %c8, %c2)
  kernel.call @latheTopK ins(%z : memref<8xf32>) outs(%v, %p : memref<2xf32>, memref<2xi64>) sizes(%c1, %c8, %c2)
  kernel.call @latheTopK ins(%v : memref<2xf32>) outs(%v, %p : memref<2xf32>, memref<2xi64>) sizes(%c1, %c2, %c2)
  kernel.call @latheTopK ins(%x : memref<8xf32>) outs(%v, %p : memref<2xf32>, memref<2xi64>) sizes(%c1, %c8, %c2)
  return
}

// -----

// Of a small buffer the host gets all when it reads an element, of others the
// element alone. It uploads the elements that it stores. Inputs it has; those
// that it reads are marked.

// CHECK-LABEL: func @elements
// CHECK-SAME: (%[[X:[^:]*]]: memref<8xf32>, %[[N:[^:]*]]: memref<8xi64> {lathe.on_host}, %[[Y:[^:]*]]: memref<8xf32>, %[[BIG:[^:]*]]: memref<?x4xf32>,
// CHECK-NOT: kernel.wait
// CHECK: memref.load %[[N]]
// CHECK: kernel.launch
// CHECK: kernel.launch
// CHECK: kernel.wait for(%[[Y]]) in
// CHECK-NEXT: memref.load %[[Y]]
// CHECK-NEXT: memref.load %[[Y]]
// CHECK: %[[READ:.*]] = memref.subview %[[BIG]][%{{.*}}, 1] [1, 1] [1, 1]
// CHECK-NEXT: kernel.wait for(%[[READ]]) in
// CHECK-NEXT: memref.load %[[BIG]]
// CHECK-NEXT: %[[STORED:.*]] = memref.subview %[[BIG]][%{{.*}}, 0] [1, 1] [1, 1]
// CHECK-NEXT: memref.store
// CHECK-NEXT: kernel.upload(%[[STORED]]) in
func.func @elements(%x: memref<8xf32>, %n: memref<8xi64>, %y: memref<8xf32>, %big: memref<?x4xf32>, %states: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %first = memref.load %n[%c0] : memref<8xi64>
  kernel.nest ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %a : f32
  }
  kernel.nest ins(%x : memref<8xf32>) outs(%big : memref<?x4xf32>)
      {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], reductions = array<i1: false, false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %a : f32
  }
  %a = memref.load %y[%c0] : memref<8xf32>
  %b = memref.load %y[%c1] : memref<8xf32>
  %i = arith.index_cast %first : i64 to index
  %c = memref.load %big[%i, %c1] : memref<?x4xf32>
  memref.store %c, %big[%i, %c0] : memref<?x4xf32>
  return
}

// -----

// What the host stores between other bytes is uploaded with these, which it
// must have first.

// CHECK-LABEL: func @between
// CHECK: kernel.launch
// CHECK: kernel.wait for(%[[COLUMN:[^ ]*]]) in
// CHECK-NEXT: kernel.nest {{.*}} outs(%[[COLUMN]] :
// CHECK: kernel.upload(%[[COLUMN]]) in
func.func @between(%x: memref<8xf32>, %z: memref<8xf32>, %y: memref<8x2xf16>, %states: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x : memref<8xf32>) outs(%z : memref<8xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %a : f32
  }
  %column = memref.subview %y[0, 0] [8, 1] [1, 1] : memref<8x2xf16> to memref<8xf16, strided<[2]>>
  kernel.nest ins(%x : memref<8xf32>) outs(%column : memref<8xf16, strided<[2]>>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f16} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f16):
    %e = arith.truncf %a : f32 to f16
    kernel.yield %e : f16
  }
  return
}

// -----

// States are what some entry left there, on the device. A loop of the host's
// alone is one op; in a loop that launches, each iteration waits.

// CHECK-LABEL: func @loops
// CHECK-SAME: %[[STATES:[^:,]*]]: memref<?xi8>, %{{[^:]*}}: memref<?xi8>, %{{[^:]*}}: !llvm.ptr)
// CHECK: %[[STATE:.*]] = memref.view %[[STATES]]
// CHECK-NEXT: kernel.wait for(%[[STATE]]) in
// CHECK-NEXT: scf.for
// CHECK-NOT: kernel
// CHECK: memref.load %[[STATE]]
// CHECK: memref.store
// CHECK: }
// CHECK: kernel.upload(%[[STATE]]) in
// CHECK: scf.for
// CHECK: kernel.wait for(%[[STATE]]) in
// CHECK-NEXT: memref.load
// CHECK: kernel.launch
func.func @loops(%x: memref<?xf32>, %y: memref<?xf32>, %states: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c6 = arith.constant 6 : index
  %state = memref.view %states[%c0][] : memref<?xi8> to memref<6xf32>
  scf.for %i = %c0 to %c6 step %c1 {
    %a = memref.load %state[%i] : memref<6xf32>
    %b = arith.addf %a, %a : f32
    memref.store %b, %state[%i] : memref<6xf32>
  }
  scf.for %i = %c0 to %c6 step %c1 {
    %s = memref.load %state[%i] : memref<6xf32>
    kernel.nest ins(%x : memref<?xf32>) outs(%y : memref<?xf32>)
        {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
    } finish {
    ^bb0(%a: f32, %sum: f32):
      %e = arith.mulf %a, %s : f32
      kernel.yield %e : f32
    }
  }
  return
}

// -----

// Without kernels there is no device to wait for.

// CHECK-LABEL: func @alone
// CHECK-NOT: kernel.{{wait|upload}}
func.func @alone(%x: memref<8xf16>, %y: memref<8xf16>, %states: memref<?xi8>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x : memref<8xf16>) outs(%y : memref<8xf16>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f16} reduce {
  } finish {
  ^bb0(%a: f16, %sum: f16):
    kernel.yield %a : f16
  }
  return
}
