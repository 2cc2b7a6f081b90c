// RUN: lathe-opt %s -lathe-serialize-kernels | sed 's/\\0A/\n/g; s/\\09/ /g' | FileCheck %s --check-prefixes=CHECK,LATE
// RUN: sed 's/sm_80/sm_90a/' %s | lathe-opt -lathe-serialize-kernels | sed 's/\\0A/\n/g; s/\\09/ /g' | FileCheck %s --check-prefixes=CHECK,EARLY

// Kernels with NVVM's target become functions of one PTX module. Memory of a
// workgroup, barriers, exchanges within a subgroup, and two dimensions; a
// kernel that knows the size of its workgroups keeps it. On sm_90 and later
// kernels start while the ones before end, and first wait for them: what one of
// these writes, as the second one what the first one reads, is then no constant.

// CHECK-LABEL: func @main
// CHECK: kernel.binary @shared buffers 2 scalars 1 workgroup 32 shared 1056 code ""
// CHECK: kernel.binary @numbered buffers 1 scalars 0 workgroup 64 shared 256 code ""
// CHECK: gpu.binary @lathe_kernels
// CHECK-NOT: gpu.module
module {
  func.func @main(%x: memref<?xi8>, %y: memref<?xi8>, %n: i32, %at: index, %run: !llvm.ptr) {
    %c8 = arith.constant 8 : index
    %c48 = arith.constant 48 : index
    %a = memref.view %x[%c48][] : memref<?xi8> to memref<8xf32>
    %b = memref.view %y[%at][] : memref<?xi8> to memref<8xf32>
    kernel.launch @shared over %c8(%a, %b) scalars(%n) in %run : !llvm.ptr, memref<8xf32>, memref<8xf32>
    // Multiples of 64 bytes behind the 48 of the whole, whatever the place.
    %whole = memref.view %x[%c48][] : memref<?xi8> to memref<9x4x8xf32>
    %part = memref.subview %whole[%at, 2, 0] [1, 1, 8] [1, 1, 1] : memref<9x4x8xf32> to memref<8xf32, strided<[1], offset: ?>>
    kernel.launch @numbered over %c8(%part) in %run : !llvm.ptr, memref<8xf32, strided<[1], offset: ?>>
    return
  }

  // CHECK: .visible .entry shared(
  // CHECK-NEXT: .param .u64 .ptr .global .align 16 shared_param_0,
  // CHECK-NEXT: .param .u64 .ptr .global .align 4 shared_param_1,
  // CHECK-NEXT: .param .u64 .ptr .global .align 4 shared_param_2,
  // CHECK-NEXT: .param .u32 shared_param_3
  // CHECK: .maxntid 32, 8, 1
  // CHECK: .shared .align 4 .b8 [[TILE:.*]][1056];
  // EARLY-NOT: ld.global
  // EARLY-NOT: launch_dependents
  // EARLY: griddepcontrol.wait;
  // CHECK-DAG: %tid.x
  // CHECK-DAG: %tid.y
  // CHECK-DAG: %ctaid.x
  // CHECK-DAG: %ctaid.y
  // LATE-NOT: griddepcontrol
  // LATE: ld.global.nc.b32
  // EARLY: ld.global.b32
  // CHECK: st.shared.b32
  // CHECK: bar.sync 0;
  // CHECK: ld.shared.b32
  // CHECK: shfl.sync.bfly.b32 {{.*}}, 1, 31, -1;
  // CHECK: add.rn.f32
  // CHECK: st.global.b32
  gpu.module @shared [#nvvm.target<chip = "sm_80">] {
    gpu.func @shared(%x: memref<?xf32>, %y: memref<?xf32>, %p: memref<?xi32>)
        workgroup(%tile: memref<8x33xf32, #gpu.address_space<workgroup>>) kernel
        attributes {known_block_size = array<i32: 32, 8, 1>} {
      %c1 = arith.constant 1 : i32
      %c32 = arith.constant 32 : i32
      %c4 = arith.constant 4 : index
      %c5 = arith.constant 5 : index
      %c6 = arith.constant 6 : index
      %firstX = memref.load %p[%c4] : memref<?xi32>
      %firstY = memref.load %p[%c5] : memref<?xi32>
      %n = memref.load %p[%c6] : memref<?xi32>
      %i = gpu.thread_id x
      %j = gpu.thread_id y
      %row = gpu.block_id x
      %column = gpu.block_id y
      %placeX = arith.index_cast %firstX : i32 to index
      %placeY = arith.index_cast %firstY : i32 to index
      %stride = arith.index_cast %n : i32 to index
      %g = arith.muli %row, %stride : index
      %h = arith.addi %g, %column : index
      %atX = arith.addi %placeX, %h : index
      %atY = arith.addi %placeY, %h : index
      %a = memref.load %x[%atX] : memref<?xf32>
      memref.store %a, %tile[%j, %i] : memref<8x33xf32, #gpu.address_space<workgroup>>
      gpu.barrier
      %b = memref.load %tile[%i, %j] : memref<8x33xf32, #gpu.address_space<workgroup>>
      %c, %valid = gpu.shuffle xor %b, %c1, %c32 : f32
      %d = arith.addf %b, %c : f32
      memref.store %d, %y[%atY] : memref<?xf32>
      gpu.return
    }
  }

  // Memory spaces are taken by CUDA's numbers, too. Two kernels may name their
  // memory alike.

  // CHECK: .visible .entry numbered(
  // CHECK-NEXT: .param .u64 .ptr .global .align 16 numbered_param_0,
  // CHECK: .maxntid 64, 1, 1
  // CHECK: .shared .align 4 .b8 {{.*}}[256];
  // CHECK: st.shared.b32
  // CHECK: bar.sync
  // CHECK: ld.shared.b32
  gpu.module @numbered [#nvvm.target<chip = "sm_80">] {
    gpu.func @numbered(%y: memref<?xf32>, %p: memref<?xi32>)
        workgroup(%tile: memref<64xf32, 3>) kernel
        attributes {known_block_size = array<i32: 64, 1, 1>} {
      %c63 = arith.constant 63 : index
      %i = gpu.thread_id x
      %z = arith.constant 1.0 : f32
      memref.store %z, %tile[%i] : memref<64xf32, 3>
      gpu.barrier
      %k = arith.subi %c63, %i : index
      %b = memref.load %tile[%k] : memref<64xf32, 3>
      memref.store %b, %y[%i] : memref<?xf32>
      gpu.return
    }
  }
}
