// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='lacks=f16' | FileCheck %s --check-prefix=LACKS

// One kernel, of which a workgroup has 16 rows: eight queries in each of
// two heads that share keys and values. Queries and keys go through shared memory,
// scores stay there as weights, and nothing of all of them is in a buffer.

// CHECK-LABEL: func @shared
// CHECK-SAME: (%[[Q:[^:]*]]: memref<1x100x256xf32>, %[[K:[^:]*]]: memref<1x300x128xf32>, %[[V:[^:]*]]: memref<1x300x128xf32>, %[[Y:[^:]*]]: memref<1x100x256xf32>
// CHECK: kernel.launch @shared_kernel over %c26(%[[Q]], %[[K]], %[[V]], %[[Y]])
// CHECK-NOT: kernel.attention
// CHECK-LABEL: gpu.module @shared_kernel
// CHECK: gpu.func @shared_kernel(%[[QS:[^:]*]]: memref<?xf32>, %[[KS:[^:]*]]: memref<?xf32>, %[[VS:[^:]*]]: memref<?xf32>, %[[YS:[^:]*]]: memref<?xf32>
// CHECK-SAME: workgroup(%[[SHARED:[^:]*]] : memref<2848xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: lathe.plan = "attention of 16 rows by 128 keys, 4x4 an invocation"
// CHECK: scf.for {{.*}} step %c128
// CHECK: scf.for {{.*}} step %c16
// CHECK: gpu.barrier
// CHECK: memref.load %[[QS]]
// CHECK: memref.store {{.*}}, %[[SHARED]]
// CHECK: memref.load %[[KS]]
// CHECK: memref.store {{.*}}, %[[SHARED]]
// CHECK: gpu.barrier
// The lanes' maxima are halved twice, to 8, which every invocation reads.
// CHECK-COUNT-2: gpu.barrier
// CHECK: gpu.barrier
// CHECK-COUNT-20: math.exp
// CHECK: gpu.barrier
// CHECK: memref.load %[[VS]]
// CHECK: arith.divf
// CHECK: memref.store {{.*}}, %[[YS]]
func.func @shared(%q: memref<1x100x256xf32>, %k: memref<1x300x128xf32>, %v: memref<1x300x128xf32>, %y: memref<1x100x256xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.attention ins(%q, %k, %v : memref<1x100x256xf32>, memref<1x300x128xf32>, memref<1x300x128xf32>) outs(%y : memref<1x100x256xf32>) {heads = 4, kv_heads = 2, scale = 0.125 : f64}
  return
}

// -----

// Where the number of queries is dynamic, it chooses between two kernels. What
// is stored in 16 bits is widened where it is read. A device without such
// numbers leaves all to the host.

// CHECK-LABEL: func @halves
// CHECK: %[[QUERIES:.*]] = memref.dim
// CHECK: %[[ISMANY:.*]] = arith.cmpi uge
// CHECK: kernel.launch @halves_kernel over
// CHECK: kernel.launch @halves_kernel_0 over
// CHECK: lathe.plan = "attention of 32 rows by 64 keys, 4x4 an invocation"
// CHECK: arith.extf {{.*}} : f16 to f32
// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK: lathe.plan = "attention of 1 rows by 128 keys, 1x1 an invocation"
// LACKS-LABEL: func @halves
// LACKS: kernel.attention
// LACKS-NOT: gpu.module
func.func @halves(%q: memref<?x?x1024xf16>, %k: memref<?x?x1024xf16>, %v: memref<?x?x1024xf16>, %y: memref<?x?x1024xf16>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.attention ins(%q, %k, %v : memref<?x?x1024xf16>, memref<?x?x1024xf16>, memref<?x?x1024xf16>) outs(%y : memref<?x?x1024xf16>) {heads = 32, kv_heads = 32, causal, scale = 1.0 : f64}
  return
}
