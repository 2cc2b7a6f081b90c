// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='workgroup-size=32 lacks=f16' | FileCheck %s --check-prefix=LACKS

// A product with a bias that is too short for tiles: an invocation sums one
// element of the output. Static extents are constants of the kernel; the
// number of workgroups, which is dynamic, and that of elements are its scalars,
// behind 4 words for reports and a first place for each of the 4 buffers.

// CHECK-LABEL: func @product
// CHECK-SAME: (%[[X:[^:]*]]: memref<?x3xf32>, %[[W:[^:]*]]: memref<3x5xf32>, %[[B:[^:]*]]: memref<5xf32>, %[[Y:[^:]*]]: memref<?x5xf32>
// CHECK: %[[ROWS:.*]] = memref.dim %[[X]]
// CHECK: %[[COUNT:.*]] = arith.muli %[[ROWS]], %c5
// CHECK: %[[MORE:.*]] = arith.addi %[[COUNT]], %c127
// CHECK: %[[GROUPS:.*]] = arith.divui %[[MORE]], %c128
// CHECK-DAG: %[[WORD:.*]] = arith.index_cast %[[GROUPS]] : index to i32
// CHECK-DAG: %[[ELEMENTS:.*]] = arith.index_cast %[[COUNT]] : index to i32
// CHECK: kernel.launch @product_kernel over %[[GROUPS]](%[[X]], %[[W]], %[[B]], %[[Y]]) scalars(%[[WORD]], %[[ELEMENTS]])
// CHECK-NOT: kernel.nest

// CHECK-LABEL: gpu.module @product_kernel
// CHECK: gpu.func @product_kernel(%[[XS:[^:]*]]: memref<?xf32>, %[[WS:[^:]*]]: memref<?xf32>, %[[BS:[^:]*]]: memref<?xf32>, %[[YS:[^:]*]]: memref<?xf32>, %[[PARAMETERS:[^:]*]]: memref<?xi32>) kernel
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>, lathe.plan = "elements"
// CHECK: memref.load %[[PARAMETERS]][%c8
// CHECK: %[[ROW:.*]] = gpu.block_id y
// CHECK: %[[COLUMNS:.*]] = gpu.grid_dim x
// CHECK: %[[COLUMN:.*]] = gpu.block_id x
// CHECK: %[[THREAD:.*]] = gpu.thread_id x
// CHECK: %[[BEFORE:.*]] = arith.muli %[[ROW]], %[[COLUMNS]]
// CHECK: %[[GROUP:.*]] = arith.addi %[[BEFORE]], %[[COLUMN]]
// CHECK: %[[IS:.*]] = arith.cmpi ult, %[[GROUP]]
// CHECK: scf.if %[[IS]]
// CHECK: %[[FIRST:.*]] = arith.muli %[[GROUP]], %c128
// CHECK: %[[ID:.*]] = arith.addi %[[FIRST]], %[[THREAD]]
// CHECK: arith.cmpi ult, %[[ID]]
// CHECK: scf.if
// CHECK: arith.remui %[[ID]], %c5
// CHECK: arith.divui %[[ID]], %c5
// CHECK: scf.for {{.*}} iter_args
// CHECK-DAG: memref.load %[[XS]]
// CHECK-DAG: memref.load %[[WS]]
// CHECK: arith.mulf {{.*}} fastmath<contract>
// CHECK: scf.yield
// CHECK: memref.load %[[BS]]
// CHECK: memref.store {{.*}}, %[[YS]]

// LACKS-LABEL: gpu.func @product_kernel
// LACKS: arith.muli {{.*}}, %c32
func.func @product(%x: memref<?x3xf32>, %w: memref<3x5xf32>, %bias: memref<5xf32>, %y: memref<?x5xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w, %bias : memref<?x3xf32>, memref<3x5xf32>, memref<5xf32>) outs(%y : memref<?x5xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %b: f32, %c: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %c: f32, %sum: f32):
    %s = arith.addf %sum, %c : f32
    kernel.yield %s : f32
  }
  return
}

// -----

// Nests that do the same to other memory share a kernel: where a buffer begins
// is not the kernel's business. Strides that are dynamic are scalars.

// CHECK-LABEL: func @alike
// CHECK-SAME: %[[STRIDE:[^:,]*]]: index, %{{[^:]*}}: memref<?xi8>
// CHECK: kernel.launch @[[KERNEL:.*]] over
// CHECK: kernel.launch @[[KERNEL]] over
// CHECK: kernel.launch @[[OTHER:.*]] over {{.*}} scalars(%[[WORD:.*]]) in
// CHECK: gpu.module @[[KERNEL]]
// CHECK: gpu.module @[[OTHER]]
// CHECK-NOT: gpu.module @alike
func.func @alike(%x: memref<64xf32>, %y: memref<64xf32>, %n: index, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %x0 = memref.subview %x[0] [8] [1] : memref<64xf32> to memref<8xf32, strided<[1]>>
  %x1 = memref.subview %x[8] [8] [1] : memref<64xf32> to memref<8xf32, strided<[1], offset: 8>>
  %xn = memref.subview %x[8] [8] [%n] : memref<64xf32> to memref<8xf32, strided<[?], offset: 8>>
  %y0 = memref.subview %y[0] [8] [1] : memref<64xf32> to memref<8xf32, strided<[1]>>
  kernel.nest ins(%x0 : memref<8xf32, strided<[1]>>) outs(%y0 : memref<8xf32, strided<[1]>>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %a : f32
  }
  kernel.nest ins(%x1 : memref<8xf32, strided<[1], offset: 8>>) outs(%y0 : memref<8xf32, strided<[1]>>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %a : f32
  }
  kernel.nest ins(%xn : memref<8xf32, strided<[?], offset: 8>>) outs(%y0 : memref<8xf32, strided<[1]>>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

// An index that data hold is checked with all of its bits, and reported in the
// parameters by the first invocation that meets a bad one.

// CHECK-LABEL: gpu.func @gather_kernel
// CHECK-SAME: %[[PARAMETERS:[^:,]*]]: memref<?xi32>) kernel
// CHECK: %[[INDEX:.*]] = memref.load {{.*}} : memref<?xi64>
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[INDEX]], %{{.*}} : i64
// CHECK: scf.if
// CHECK: memref.atomic_rmw ori %{{.*}}, %[[PARAMETERS]][%c0
// CHECK: scf.if
// CHECK-COUNT-3: memref.store {{.*}}, %[[PARAMETERS]]
// CHECK: %[[SAFE:.*]] = arith.select %[[INSIDE]], %[[INDEX]]
// CHECK: arith.index_cast %[[SAFE]] : i64 to index
func.func @gather(%x: memref<9x4xf32>, %at: memref<6xi64>, %y: memref<6x4xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c9 = arith.constant 9 : index
  kernel.nest ins(%at : memref<6xi64>) outs(%y : memref<6x4xf32>)
      {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], reductions = array<i1: false, false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: i64, %sum: f32):
    %i = arith.index_cast %a : i64 to index
    %r = kernel.report_index %i below %c9
    %j = kernel.index 1
    %e = memref.load %x[%r, %j] : memref<9x4xf32>
    kernel.yield %e : f32
  }
  return
}

// -----

// The host waits before it reads what a kernel stored, not for what is never
// written; what the device lacks is the host's.

// CHECK-LABEL: func @wait
// CHECK-SAME: (%[[N:[^:]*]]: memref<f32> {lathe.on_host},
// CHECK: kernel.launch
// CHECK-NOT: kernel.wait
// CHECK: memref.load %[[N]]
// CHECK: kernel.wait for
// CHECK-NEXT: kernel.call @latheTopK
// CHECK: kernel.launch
// CHECK: kernel.wait for
// CHECK-NEXT: memref.load
// CHECK-NOT: kernel.wait
// CHECK: memref.store

// LACKS-LABEL: func @wait
// LACKS: kernel.wait for
// LACKS-NEXT: kernel.call
// LACKS-NEXT: kernel.upload
// LACKS-NEXT: kernel.nest
func.func @wait(%n: memref<f32>, %x: memref<8xf32>, %y: memref<8xf32>, %v: memref<2xf32>, %p: memref<2xi64>, %h: memref<8xf16>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %s = memref.load %n[] : memref<f32>
  kernel.nest ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f32):
    %e = arith.mulf %a, %s : f32
    kernel.yield %e : f32
  }
  %t = memref.load %n[] : memref<f32>
  kernel.call @latheTopK ins(%y : memref<8xf32>) outs(%v, %p : memref<2xf32>, memref<2xi64>) sizes(%c1, %c8, %c2)
  kernel.nest ins(%x : memref<8xf32>) outs(%h : memref<8xf16>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f16} reduce {
  } finish {
  ^bb0(%a: f32, %sum: f16):
    %e = arith.mulf %a, %t : f32
    %f = arith.truncf %e : f32 to f16
    kernel.yield %f : f16
  }
  %e = memref.load %h[%c0] : memref<8xf16>
  memref.store %e, %h[%c1] : memref<8xf16>
  return
}

// -----

// Constants that kernels read are one block of bytes, of which the device has
// a copy: a bool is a byte in it.

// CHECK: memref.global "private" constant @lathe_constants : memref<66xi8>
// CHECK-LABEL: func @constants
// CHECK: %[[ALL:.*]] = memref.get_global @lathe_constants
// CHECK: memref.view %[[ALL]][%c0{{.*}}][] : memref<66xi8> to memref<2xf32>
// CHECK: memref.view %{{.*}}[%c64{{.*}}][] : memref<66xi8> to memref<2xi1>
memref.global "private" constant @two : memref<2xf32> = dense<[1.0, 2.0]>
memref.global "private" constant @which : memref<2xi1> = dense<[true, false]>
func.func @constants(%y: memref<2xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %two = memref.get_global @two : memref<2xf32>
  %which = memref.get_global @which : memref<2xi1>
  kernel.nest ins(%two, %which : memref<2xf32>, memref<2xi1>) outs(%y : memref<2xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: f32, %b: i1, %sum: f32):
    %e = arith.select %b, %a, %sum : f32
    kernel.yield %e : f32
  }
  return
}
