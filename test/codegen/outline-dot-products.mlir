// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='multiplied=i8 copies-async workgroup-size=256 shared-bytes=49152 accumulators=64 busy-invocations=65536' | FileCheck %s

// Products of bytes are for the instruction that multiplies matrices of them. A block of 64 inputs, the next one being
// copied: 64 rows, 16 bytes longer than that, and 16 words of 128 columns. A group's sums begin with 0;
// they are scaled at its end. Here a group is a block.

// CHECK-LABEL: gpu.func @many_kernel
// CHECK-SAME: workgroup(%[[ROWS:.*]] : memref<10240xi8, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}, %[[WORDS:.*]] : memref<17408xi8, #gpu.address_space<workgroup>> {llvm.align = 16 : i64})
// CHECK-SAME: known_block_size = array<i32: 256, 1, 1>
// CHECK-SAME: lathe.plan = "bytes of 64x128x64, 32x32 a subgroup, copied 1 blocks ahead"
// CHECK: nvgpu.device_async_copy %arg0[%{{.*}}], %[[ROWS]][%{{.*}}], 16 {
// CHECK: nvgpu.device_async_copy %arg3[%{{.*}}], %[[WORDS]][%{{.*}}], 16
// CHECK: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK: memref.load %arg1
// CHECK: memref.load %arg4
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK: nvgpu.device_async_copy
// CHECK: nvvm.cp.async.commit.group
// CHECK-COUNT-2: nvgpu.ldmatrix %[[ROWS]][%{{.*}}] {numTiles = 4 : i32, transpose = false} : memref<10240xi8, #gpu.address_space<workgroup>> -> vector<4x4xi8>
// CHECK-COUNT-2: nvgpu.mma.sync(%{{.*}}) {mmaShape = [16, 8, 32]} : (vector<4x4xi8>, vector<2x4xi8>, vector<2x2xi32>) -> vector<2x2xi32>
// CHECK: arith.sitofp
// CHECK: scf.yield
// CHECK-NOT: nvgpu
func.func @many(%q: memref<2048x2048xi8>, %t: memref<2048x32xf32>, %z: memref<2048x32xi32>, %u: memref<64x512x128xi8>, %s: memref<64x32x32xf32>, %y: memref<2048x2048xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %rows = memref.assume_alignment %q, 64 : memref<2048x2048xi8>
  %codes = memref.assume_alignment %u, 64 : memref<64x512x128xi8>
  kernel.dot_product rows(%rows : memref<2048x2048xi8>) weights(%codes : memref<64x512x128xi8>) groups(%t, %z, %s : memref<2048x32xf32>, memref<2048x32xi32>, memref<64x32x32xf32>) outs(%y : memref<2048x2048xf32>)
  return
}

// -----

// Of packed numbers, eight in a word, halves are taken where they are loaded. Few rows leave a device idle, so that
// subgroups share a row's groups, and add up what they have: one barrier more. Rows that there are not are zeros.

// CHECK-LABEL: gpu.func @few_kernel
// CHECK-SAME: memref<1536xf32, #gpu.address_space<workgroup>>
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// CHECK-SAME: lathe.plan = "bytes of 16x32x256, 16x32 a subgroup, 4 parts of a row, copied 3 blocks ahead"
// CHECK: nvgpu.device_async_copy %arg0[%{{.*}}], %{{.*}}[%{{.*}}], 16, %{{.*}}
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 2
// CHECK: gpu.barrier
// CHECK: arith.shrui
// CHECK: arith.andi
// CHECK-NOT: arith.xori
// CHECK: nvgpu.mma.sync
// CHECK: scf.yield
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK: memref.store
func.func @few(%q: memref<3x2048xi8>, %t: memref<3x32xf32>, %z: memref<3x32xi32>, %u: memref<2x256x128xi8>, %s: memref<2x32x32xf32>, %o: memref<2x32x32xf32>, %y: memref<3x64xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %rows = memref.assume_alignment %q, 64 : memref<3x2048xi8>
  %codes = memref.assume_alignment %u, 64 : memref<2x256x128xi8>
  kernel.dot_product rows(%rows : memref<3x2048xi8>) weights(%codes : memref<2x256x128xi8>) groups(%t, %z, %s : memref<3x32xf32>, memref<3x32xi32>, memref<2x32x32xf32>) offsets(%o : memref<2x32x32xf32>) outs(%y : memref<3x64xf32>) {packed}
  return
}
