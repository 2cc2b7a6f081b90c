// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='multiplied=bf16,f16 copies-async workgroup-size=256 shared-bytes=49152 accumulators=64 busy-invocations=65536' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='workgroup-size=256 shared-bytes=49152 accumulators=64 busy-invocations=65536' | FileCheck %s --check-prefix=PLAIN

// Products of numbers of 16 bits are for the instruction that multiplies
// matrices: the right side is stored so, the left one is rounded before it is
// shared. Both are read along the steps; lines in shared memory are 8 elements
// longer than that, two blocks of 128 lines. What is loaded behind the barrier
// is the next block. Biases are added to the sums in registers.

// CHECK-LABEL: gpu.func @product_kernel
// CHECK-SAME: workgroup(%[[LEFT:.*]] : memref<10240xi16, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}, %[[RIGHT:.*]] : memref<10240xi16, #gpu.address_space<workgroup>> {llvm.align = 16 : i64})
// CHECK-SAME: known_block_size = array<i32: 256, 1, 1>
// CHECK-SAME: lathe.plan = "tensor tiles of 128x128x32, 32x64 a subgroup"
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c2048{{.*}} step %c32
// CHECK: vector.store %{{.*}}, %[[LEFT]][%{{.*}}] {alignment = 16 : i64}
// CHECK: vector.store %{{.*}}, %[[RIGHT]][%{{.*}}] {alignment = 16 : i64}
// CHECK: gpu.barrier
// CHECK: arith.truncf
// CHECK-COUNT-2: nvgpu.ldmatrix %[[LEFT]][%{{.*}}] {numTiles = 4 : i32, transpose = false}
// CHECK-COUNT-4: nvgpu.ldmatrix %[[RIGHT]][%{{.*}}] {numTiles = 4 : i32, transpose = false}
// CHECK-COUNT-16: nvgpu.mma.sync(%{{.*}}) {mmaShape = [16, 8, 16]} : (vector<4x2xbf16>, vector<2x2xbf16>, vector<2x2xf32>) -> vector<2x2xf32>
// CHECK-COUNT-2: nvgpu.ldmatrix %[[LEFT]]
// CHECK-COUNT-4: nvgpu.ldmatrix %[[RIGHT]]
// CHECK-COUNT-16: nvgpu.mma.sync
// CHECK-NOT: nvgpu.mma.sync
// CHECK: scf.yield
// CHECK: arith.addf
// CHECK: memref.store

// Where the device has no such instruction, the wide numbers are shared.
// PLAIN-LABEL: gpu.func @product_kernel
// PLAIN-SAME: lathe.plan = "tiles of
// PLAIN-NOT: nvgpu
func.func @product(%x: memref<2048x2048xf32>, %w: memref<4096x2048xbf16>, %b: memref<4096xf32>, %y: memref<2048x4096xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w, %b : memref<2048x2048xf32>, memref<4096x2048xbf16>, memref<4096xf32>) outs(%y : memref<2048x4096xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %c: bf16, %d: f32, %sum: f32):
    %r = arith.truncf %a : f32 to bf16
    %e = arith.extf %r : bf16 to f32
    %f = arith.extf %c : bf16 to f32
    %p = arith.mulf %e, %f : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %c: bf16, %d: f32, %sum: f32):
    %s = arith.addf %sum, %d : f32
    kernel.yield %s : f32
  }
  return
}

// -----

// Both sides are stored narrow; the right one is read along its columns, which
// transposes when it is loaded from shared memory. Few rows are filled up to
// 16, for which four subgroups suffice. Steps beyond the last one are zero.

// CHECK-LABEL: gpu.func @narrow_kernel
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// CHECK-SAME: lathe.plan = "tensor tiles of 16x128x32, 16x32 a subgroup"
// CHECK: arith.select %{{.*}} : f16
// CHECK: gpu.barrier
// CHECK: nvgpu.ldmatrix {{.*}}transpose = false
// CHECK-COUNT-2: nvgpu.ldmatrix {{.*}}transpose = true
// CHECK-COUNT-4: nvgpu.mma.sync
func.func @narrow(%x: memref<5x100xf16>, %w: memref<100x250xf16>, %y: memref<5x250xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<5x100xf16>, memref<100x250xf16>) outs(%y : memref<5x250xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    %e = arith.extf %a : f16 to f32
    %f = arith.extf %c : f16 to f32
    %p = arith.mulf %f, %e : f32
    %s = arith.addf %p, %sum : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// A side that is not rounded stays wide, and so do both.

// CHECK-LABEL: gpu.func @wide_kernel
// CHECK-SAME: lathe.plan = "tiles of
// CHECK-NOT: nvgpu
func.func @wide(%x: memref<64x64xf32>, %w: memref<64x64xbf16>, %y: memref<64x64xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<64x64xf32>, memref<64x64xbf16>) outs(%y : memref<64x64xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %c: bf16, %sum: f32):
    %f = arith.extf %c : bf16 to f32
    %p = arith.mulf %a, %f : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %c: bf16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Nor does a factor fit in that both sides have, or another sum.

// CHECK-LABEL: gpu.func @scaled_kernel
// CHECK-SAME: lathe.plan = "tiles of
// CHECK-LABEL: gpu.func @scaled_kernel_0
// CHECK-SAME: lathe.plan = "tiles of
// CHECK-NOT: nvgpu
func.func @scaled(%x: memref<64x64xbf16>, %w: memref<64x64xbf16>, %m: memref<64xf32>, %y: memref<64x64xf32>, %z: memref<64x64xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w, %m : memref<64x64xbf16>, memref<64x64xbf16>, memref<64xf32>) outs(%y : memref<64x64xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: bf16, %c: bf16, %d: f32, %sum: f32):
    %e = arith.extf %a : bf16 to f32
    %f = arith.extf %c : bf16 to f32
    %p = arith.mulf %e, %f : f32
    %q = arith.mulf %p, %d : f32
    %s = arith.addf %sum, %q : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: bf16, %c: bf16, %d: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  kernel.nest ins(%x, %w : memref<64x64xbf16>, memref<64x64xbf16>) outs(%z : memref<64x64xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: bf16, %c: bf16, %sum: f32):
    %e = arith.extf %a : bf16 to f32
    %f = arith.extf %c : bf16 to f32
    %p = arith.mulf %e, %f : f32
    %s = arith.maximumf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: bf16, %c: bf16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Weights are copied past the registers, sixteen bytes an instruction, one block ahead: here 8 of the 32 columns of a
// panel. Rows that are rounded are loaded and stored. The last block's wait and barrier stand before the next copies,
// which take the place of the block before. There are none behind the last block, but their group.

// CHECK-LABEL: gpu.func @copied_kernel
// CHECK-SAME: lathe.plan = "tensor tiles of 128x128x32, 32x64 a subgroup, copied 1 blocks ahead"
// CHECK-COUNT-2: nvgpu.device_async_copy %arg1[%{{.*}}], %[[RIGHT:.*]][%{{.*}}], 8 {bypassL1} : memref<?xi16> to memref<8704xi16, #gpu.address_space<workgroup>>
// CHECK-NOT: nvgpu.device_async_copy
// CHECK: nvvm.cp.async.commit.group
// CHECK: arith.truncf
// CHECK: scf.for
// CHECK: vector.store
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: gpu.barrier
// CHECK: scf.if
// CHECK-COUNT-2: nvgpu.device_async_copy
// CHECK-NOT: nvgpu.device_async_copy
// CHECK: nvvm.cp.async.commit.group
// CHECK: arith.truncf
// CHECK: nvgpu.mma.sync
func.func @copied(%x: memref<2048x2048xf32>, %w: memref<128x2048x32xbf16>, %y: memref<2048x4096xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %aligned = memref.assume_alignment %w, 64 : memref<128x2048x32xbf16>
  kernel.nest ins(%x, %aligned : memref<2048x2048xf32>, memref<128x2048x32xbf16>) outs(%y : memref<2048x4096xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 32, k, j mod 32)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %c: bf16, %sum: f32):
    %r = arith.truncf %a : f32 to bf16
    %e = arith.extf %r : bf16 to f32
    %f = arith.extf %c : bf16 to f32
    %p = arith.mulf %e, %f : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %c: bf16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Rows of 100 numbers begin at multiples of 8 bytes, so that four are copied at once, and zeros for those beyond the last
// step or row. Three blocks are under way, of which the first has to be there.

// CHECK-LABEL: gpu.func @ahead_kernel
// CHECK-SAME: lathe.plan = "tensor tiles of 16x64x32, 16x32 a subgroup, copied 3 blocks ahead"
// CHECK: nvgpu.device_async_copy %{{.*}}, 4, %{{.*}} : memref<?xf16> to
// CHECK-COUNT-3: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 2
// CHECK-NEXT: gpu.barrier
func.func @ahead(%x: memref<5x100xf16>, %w: memref<50x100xf16>, %y: memref<5x50xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %rows = memref.assume_alignment %x, 16 : memref<5x100xf16>
  %columns = memref.assume_alignment %w, 16 : memref<50x100xf16>
  kernel.nest ins(%rows, %columns : memref<5x100xf16>, memref<50x100xf16>) outs(%y : memref<5x50xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    %e = arith.extf %a : f16 to f32
    %f = arith.extf %c : f16 to f32
    %p = arith.mulf %f, %e : f32
    %s = arith.addf %p, %sum : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Few rows and many steps: tiles are smaller, and two subgroups that they leave idle multiply the other half of a block.
// Both sums are added up in memory of the workgroup's.

// CHECK-LABEL: gpu.func @parts_kernel
// CHECK-SAME: memref<1024xf32, #gpu.address_space<workgroup>>
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// CHECK-SAME: lathe.plan = "tensor tiles of 16x64x64, 16x32 a subgroup, 2 parts of the steps, copied 1 blocks ahead"
// CHECK: scf.for
// CHECK: gpu.barrier
// CHECK-COUNT-8: nvgpu.mma.sync
// CHECK-NOT: nvgpu.mma.sync
// CHECK: scf.yield
// CHECK: scf.if
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK-COUNT-16: arith.addf {{.*}} fastmath<contract>
func.func @parts(%x: memref<5x2048xf16>, %w: memref<250x2048xf16>, %y: memref<5x250xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %rows = memref.assume_alignment %x, 16 : memref<5x2048xf16>
  %columns = memref.assume_alignment %w, 16 : memref<250x2048xf16>
  kernel.nest ins(%rows, %columns : memref<5x2048xf16>, memref<250x2048xf16>) outs(%y : memref<5x250xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    %e = arith.extf %a : f16 to f32
    %f = arith.extf %c : f16 to f32
    %p = arith.mulf %f, %e : f32
    %s = arith.addf %p, %sum : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}
