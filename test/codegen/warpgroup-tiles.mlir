// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='multiplied=bf16,f16 copies-async warpgroup-bytes=232448 workgroup-size=256 shared-bytes=49152 accumulators=64 busy-invocations=65536' | FileCheck %s

// Two warpgroups have 64 rows and all columns each. Both sides lie along the steps, in patterns of 128 bytes, which begin
// at multiples of 1024: the descriptor has 64 for the 1024 bytes from eight lines to the next, 1 for what is not used, and
// mode 1. A step of 16 is 32 bytes further, in units of 16. Sums are registers before the fence and behind the last wait.

// CHECK-LABEL: gpu.func @product_kernel
// CHECK-SAME: workgroup(%[[LEFT:.*]] : memref<32768xi16, #gpu.address_space<workgroup>> {llvm.align = 1024 : i64}, %[[RIGHT:.*]] : memref<65536xi16, #gpu.address_space<workgroup>> {llvm.align = 1024 : i64})
// CHECK-SAME: known_block_size = array<i32: 256, 1, 1>
// CHECK-SAME: lathe.plan = "warpgroup tiles of 128x256x64, 4 blocks"
// CHECK: llvm.inline_asm has_side_effects ""
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.commit.group
// CHECK-NOT: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 1
// CHECK-NEXT: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// CHECK-NEXT: gpu.barrier
// CHECK: memref.extract_aligned_pointer_as_index %[[LEFT]]
// CHECK: %[[A:.*]] = arith.ori %{{.*}}, %c4611686293305360384_i64 : i64
// CHECK: memref.extract_aligned_pointer_as_index %[[RIGHT]]
// CHECK: %[[B:.*]] = arith.ori %{{.*}}, %c4611686293305360384_i64{{.*}} : i64
// CHECK: nvvm.wgmma.fence.aligned
// CHECK-NEXT: nvvm.wgmma.mma_async %[[A]], %[[B]], %{{.*}}, <m = 64, n = 256, k = 16>, D[<f32>, <one>], A[<bf16>, <one>, <row>], B[<bf16>, <one>, <col>]
// CHECK: arith.addi %[[A]], %c2_i64{{.*}} : i64
// CHECK: arith.addi %[[B]], %c2_i64{{.*}} : i64
// CHECK-COUNT-3: nvvm.wgmma.mma_async
// CHECK-NEXT: nvvm.wgmma.commit.group.sync.aligned
// CHECK: nvgpu.device_async_copy
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.wgmma.wait.group.sync.aligned 1
// CHECK: scf.yield
// CHECK: nvvm.wgmma.wait.group.sync.aligned 0
// CHECK: llvm.inline_asm has_side_effects ""
// CHECK: arith.addf
// CHECK: memref.store
func.func @product(%x: memref<2048x2048xbf16>, %w: memref<8192x2048xbf16>, %b: memref<8192xf32>, %y: memref<2048x8192xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %x0 = memref.assume_alignment %x, 64 : memref<2048x2048xbf16>
  %w0 = memref.assume_alignment %w, 64 : memref<8192x2048xbf16>
  kernel.nest ins(%x0, %w0, %b : memref<2048x2048xbf16>, memref<8192x2048xbf16>, memref<8192xf32>) outs(%y : memref<2048x8192xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: bf16, %c: bf16, %d: f32, %sum: f32):
    %e = arith.extf %a : bf16 to f32
    %f = arith.extf %c : bf16 to f32
    %p = arith.mulf %e, %f : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: bf16, %c: bf16, %d: f32, %sum: f32):
    %s = arith.addf %sum, %d : f32
    kernel.yield %s : f32
  }
  return
}

// -----

// A right side that lies along itself is not transposed: its descriptor has 512 for the 8192 bytes from 64 columns to the
// next, behind all 64 steps of these, and 64 for eight steps. Sixteen steps are 2048 bytes further. What would leave the
// device idle has smaller tiles, and one warpgroup.

// CHECK-LABEL: gpu.func @transposed_kernel
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// CHECK-SAME: lathe.plan = "warpgroup tiles of 64x64x64, 4 blocks"
// CHECK: arith.constant 4611686293305360384 : i64
// CHECK: arith.constant 4611686293338849280 : i64
// CHECK: nvvm.wgmma.mma_async {{.*}}, <m = 64, n = 64, k = 16>, D[<f32>, <one>], A[<f16>, <one>, <row>], B[<f16>, <one>, <row>]
// CHECK: arith.constant 2 : i64
// CHECK: arith.constant 128 : i64
// CHECK: nvvm.wgmma.mma_async
func.func @transposed(%x: memref<512x512xf16>, %w: memref<512x512xf16>, %y: memref<512x512xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<512x512xf16>, memref<512x512xf16>) outs(%y : memref<512x512xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    %e = arith.extf %a : f16 to f32
    %f = arith.extf %c : f16 to f32
    %p = arith.mulf %e, %f : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Steps of fewer bytes than a pattern's row have narrower ones, of 64 bytes: mode 2, and 512 from eight lines to the next.

// CHECK-LABEL: gpu.func @short_kernel
// CHECK-SAME: {llvm.align = 512 : i64}
// CHECK-SAME: lathe.plan = "warpgroup tiles of 64x64x32, 1 blocks"
// CHECK: arith.constant -9223371899415756800 : i64
func.func @short(%x: memref<512x32xf16>, %w: memref<512x32xf16>, %y: memref<512x512xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<512x32xf16>, memref<512x32xf16>) outs(%y : memref<512x512xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    %e = arith.extf %a : f16 to f32
    %f = arith.extf %c : f16 to f32
    %p = arith.mulf %e, %f : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f16, %c: f16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}
