// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='multiplied=f16 cooperates' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='multiplied=f16 cooperates shared-bytes=32768' -lathe-serialize-kernels | FileCheck %s --check-prefix=SPIRV

// Numbers of 16 bits are multiplied by cooperative matrices: of the left side,
// whose steps lie side by side, as they lie in shared memory, and of the right
// one transposed. A subgroup has 2x2 matrices of results, as long as there are
// parts for it; they leave by way of shared memory, one of each part at once. The
// next block is loaded before one is multiplied.

// CHECK-LABEL: gpu.func @product_kernel
// CHECK-SAME: workgroup(%[[X:.*]] : memref<3072xf16, #gpu.address_space<workgroup>>, %[[W:.*]] : memref<3072xf16, #gpu.address_space<workgroup>>, %[[Y:.*]] : memref<1024xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>, lathe.plan = "cooperative tiles of 64x64x16, 32x32 a subgroup"
// CHECK: %[[COUNT:.*]] = gpu.num_subgroups
// CHECK: %[[SUBGROUP:.*]] = gpu.subgroup_id
// CHECK: scf.for %[[FIRST:.*]] = %c0{{.*}} to %c4{{.*}} step %[[COUNT]]
// CHECK: %[[PART:.*]] = arith.addi %[[FIRST]], %[[SUBGROUP]]
// CHECK: %[[HAS:.*]] = arith.cmpi ult, %[[PART]], %c4
// CHECK: spirv.CompositeConstruct %{{.*}} : (f32) -> !spirv.coopmatrix<16x16xf32, Subgroup, MatrixAcc>
// CHECK-COUNT-8: arith.truncf {{.*}} : f32 to f16
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c512{{.*}} step %c16
// CHECK-COUNT-8: memref.store %{{.*}}, %[[X]]
// CHECK-COUNT-8: memref.store %{{.*}}, %[[W]]
// CHECK: gpu.barrier
// CHECK: arith.minui %{{.*}}, %c496
// CHECK-COUNT-8: arith.truncf {{.*}} : f32 to f16
// CHECK: scf.if %[[HAS]]
// CHECK-COUNT-2: kernel.load_matrix %[[X]][%{{.*}}] pitch 24 : {{.*}} -> !spirv.coopmatrix<16x16xf16, Subgroup, MatrixA>
// CHECK-COUNT-2: kernel.load_matrix %[[W]][%{{.*}}] pitch 24 transposed : {{.*}} -> !spirv.coopmatrix<16x16xf16, Subgroup, MatrixB>
// CHECK-COUNT-4: spirv.KHR.CooperativeMatrixMulAdd
// CHECK-NOT: spirv.KHR.CooperativeMatrixMulAdd
// CHECK: scf.if %[[HAS]]
// CHECK: kernel.store_matrix %{{.*}}, %[[Y]][%{{.*}}] pitch 16
// CHECK: gpu.barrier
// CHECK: scf.for
// CHECK: memref.load %[[Y]]
// CHECK-COUNT-3: kernel.store_matrix
// CHECK-NOT: kernel.store_matrix

// SPIR-V 1.6 has them (OpTypeCooperativeMatrixKHR, 0x00071168) with Vulkan's
// memory model (OpMemoryModel, 0x0003000E, of 0 and 3); loads (0x00071169) and
// stores (0x0006116A) say, as those of shared memory do, that others see them
// (0x20); products are 0x0006116B. The capabilities are 6022, 5345 and,
// to know of subgroups, 61.

// SPIRV-LABEL: kernel.binary @product_kernel
// SPIRV-SAME: workgroup 128 shared 24576 code "\03\02#\07\00\06\01\00
// SPIRV-SAME: {{\\11\\00\\02\\00\\86\\17\\00\\00}}
// SPIRV-SAME: {{\\11\\00\\02\\00\\E1\\14\\00\\00}}
// SPIRV-SAME: {{\\11\\00\\02\\00=\\00\\00\\00}}
// SPIRV-SAME: SPV_KHR_cooperative_matrix
// SPIRV-SAME: {{\\0E\\00\\03\\00\\00\\00\\00\\00\\03\\00\\00\\00}}
// SPIRV-SAME: {{h\\11\\07\\00}}
// SPIRV-SAME: {{i\\11\\07\\00}}
// SPIRV-SAME: {{k\\11\\06\\00}}
// SPIRV-SAME: {{j\\11\\06\\00}}
func.func @product(%x: memref<2048x512xf32>, %w: memref<2048x512xf16>, %y: memref<2048x2048xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<2048x512xf32>, memref<2048x512xf16>) outs(%y : memref<2048x2048xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %b: f16, %sum: f32):
    %r = arith.truncf %a : f32 to f16
    %c = arith.extf %r : f16 to f32
    %d = arith.extf %b : f16 to f32
    %p = arith.mulf %c, %d : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %b: f16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// What the device does not multiply, and where the number of steps is not
// known, is a plain tile.

// CHECK-LABEL: gpu.func @others_kernel
// CHECK-SAME: lathe.plan = "tiles of
// CHECK-LABEL: gpu.func @others_kernel_0
// CHECK-SAME: lathe.plan = "tiles of
// SPIRV: kernel.binary @others_kernel
func.func @others(%x: memref<64x64xbf16>, %w: memref<64x64xbf16>, %y: memref<64x64xf32>, %u: memref<64x?xf16>, %v: memref<64x?xf16>, %z: memref<64x64xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<64x64xbf16>, memref<64x64xbf16>) outs(%y : memref<64x64xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: bf16, %b: bf16, %sum: f32):
    %c = arith.extf %a : bf16 to f32
    %d = arith.extf %b : bf16 to f32
    %p = arith.mulf %c, %d : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: bf16, %b: bf16, %sum: f32):
    kernel.yield %sum : f32
  }
  kernel.nest ins(%u, %v : memref<64x?xf16>, memref<64x?xf16>) outs(%z : memref<64x64xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f16, %b: f16, %sum: f32):
    %c = arith.extf %a : f16 to f32
    %d = arith.extf %b : f16 to f32
    %p = arith.mulf %c, %d : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f16, %b: f16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}
