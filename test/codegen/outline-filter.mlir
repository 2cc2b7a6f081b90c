// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels | FileCheck %s

// A workgroup has the 8 x 5 frequencies of a block's 30 channels, and 28 of them between the products: nothing of the
// spectrum is in a buffer. Rows of eight numbers have two
// products beside those by the scale, and a change of sign; columns have four.

// CHECK-LABEL: func @filter
// CHECK-SAME: (%[[X:[^:]*]]: memref<?x8x8x240xf32>, {{.*}}, %[[Y:[^:]*]]: memref<?x8x8x240xf32>, %{{[^:]*}}: memref<?xi8>
// CHECK: %[[GROUPS:.*]] = arith.muli %{{.*}}, %c8
// CHECK: kernel.launch @filter_kernel over %[[GROUPS]](%[[X]], {{.*}}, %[[Y]])
// CHECK-NOT: kernel.frequency_filter
// CHECK: gpu.func @filter_kernel(%[[XS:[^:]*]]: memref<?xf32>, {{.*}}) workgroup(%[[SHARED:[^:]*]] : memref<4080xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: lathe.plan = "filter of 8x5 frequencies by 30 channels, 28 at once"
// CHECK: scf.for
// CHECK: memref.load %[[XS]]
// CHECK-COUNT-11: arith.mulf
// CHECK-NOT: arith.mulf
// CHECK: gpu.barrier
// CHECK: memref.load %[[SHARED]]
// CHECK-COUNT-4: arith.mulf
// CHECK-NOT: arith.mulf
// CHECK: gpu.barrier
// CHECK: scf.for {{.*}} step %c28
// CHECK: arith.maximumf
// CHECK: gpu.barrier
// CHECK: arith.mulf
// CHECK: gpu.barrier
// CHECK: gpu.barrier
// CHECK-NOT: gpu.barrier
func.func @filter(%x: memref<?x8x8x240xf32>, %w: memref<2x8x30x30xf32>, %b: memref<2x8x30xf32>, %y: memref<?x8x8x240xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.frequency_filter ins(%x : memref<?x8x8x240xf32>) weights(%w, %b, %w, %b : memref<2x8x30x30xf32>, memref<2x8x30xf32>, memref<2x8x30x30xf32>, memref<2x8x30xf32>) outs(%y : memref<?x8x8x240xf32>) hidden {
  ^bb0(%a: f32):
    %zero = arith.constant 0.0 : f32
    %r = arith.maximumf %a, %zero : f32
    kernel.yield %r : f32
  } mask {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

// With memory for spectra, rows go there, a workgroup has a column of a block, in place, and rows come back.

// CHECK-LABEL: func @columns
// CHECK: kernel.launch @columns_kernel over %c24{{[_0-9]*}}(%[[X:[^,]*]], %[[S:[^)]*]])
// CHECK: kernel.launch @columns_kernel_0 over %c72{{[_0-9]*}}({{.*}}, %[[S]])
// CHECK: kernel.launch @columns_kernel_1 over %c24{{[_0-9]*}}(%[[X]], %[[S]], %[[Y:[^)]*]])
// CHECK-NOT: kernel.launch
// CHECK: lathe.plan = "rows of a spectrum"
// CHECK-NOT: gpu.barrier
// CHECK: gpu.func @columns_kernel_0({{.*}}, %[[SS:[^:]*]]: memref<?xf32>, %{{[^:]*}}: memref<?xi32>) workgroup(%{{[^:]*}} : memref<1536xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: lathe.plan = "filter of 16x1 frequencies by 24 channels, 16 at once"
// CHECK: memref.load %[[SS]]
// CHECK-COUNT-3: gpu.barrier
// CHECK-NOT: gpu.barrier
// CHECK: memref.store {{.*}}, %[[SS]]
// CHECK: lathe.plan = "rows of an image"
// CHECK-NOT: gpu.barrier
func.func @columns(%x: memref<1x16x16x192xf32>, %w: memref<2x8x24x24xf32>, %b: memref<2x8x24xf32>, %y: memref<1x16x16x192xf32>, %s: memref<1x55296xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.frequency_filter ins(%x : memref<1x16x16x192xf32>) weights(%w, %b, %w, %b : memref<2x8x24x24xf32>, memref<2x8x24xf32>, memref<2x8x24x24xf32>, memref<2x8x24xf32>) outs(%y : memref<1x16x16x192xf32>) spectrum(%s : memref<1x55296xf32>) hidden {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  } mask {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}
