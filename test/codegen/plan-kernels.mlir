// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels=reduces-subgroups | FileCheck %s --check-prefix=SUBGROUPS
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='workgroup-size=256 shared-bytes=49152 accumulators=64 busy-invocations=65536' | FileCheck %s --check-prefix=LARGE
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels='workgroup-size=256 shared-bytes=49152 accumulators=64 busy-invocations=65536 shared-words=4' | FileCheck %s --check-prefix=WORDS

// A large product: both operands go through shared memory in blocks of steps,
// two of each. The left one is read along the steps, and its rows there are one
// longer, so that neighbouring invocations store to different banks.

// CHECK-LABEL: gpu.func @large_kernel
// CHECK-SAME: workgroup(%[[X:.*]] : memref<1040xf32, #gpu.address_space<workgroup>>, %[[W:.*]] : memref<1024xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>, lathe.plan = "tiles of 64x64x8, 8x4 an invocation"
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c512{{.*}} step %c8{{.*}} iter_args
// CHECK-NOT: scf.if
// CHECK-COUNT-4: memref.store %{{.*}}, %[[X]]
// CHECK-COUNT-4: memref.store %{{.*}}, %[[W]]
// CHECK: gpu.barrier
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c8{{.*}} step %c1
// CHECK-COUNT-8: memref.load %[[X]]
// CHECK-COUNT-4: memref.load %[[W]]
// CHECK-NOT: memref.load
// CHECK-COUNT-32: arith.mulf
// CHECK-NOT: arith.mulf
// CHECK: scf.yield
// CHECK-NOT: gpu.barrier
// CHECK: scf.yield
// CHECK-NOT: scf.if
// CHECK-COUNT-32: memref.store

// Where four words of shared memory are loaded at once, an invocation has four
// neighbours of a side, which begin at a multiple of as many bytes: rows there
// are four longer.
// WORDS-LABEL: gpu.func @large_kernel
// WORDS-SAME: workgroup(%[[X:.*]] : memref<4224xf32, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}, %[[W:.*]] : memref<4096xf32, #gpu.address_space<workgroup>> {llvm.align = 16 : i64})
// WORDS-DAG: %[[FIRST:.*]] = arith.muli %{{.*}}, %c4
// WORDS-DAG: %c65{{.*}} = arith.constant 65
// WORDS: gpu.barrier

// LARGE-LABEL: gpu.func @large_kernel
// LARGE-SAME: known_block_size = array<i32: 256, 1, 1>, lathe.plan = "tiles of 128x128x16, 8x8 an invocation"
func.func @large(%x: memref<2048x512xf32>, %w: memref<512x2048xf32>, %y: memref<2048x2048xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<2048x512xf32>, memref<512x2048xf32>) outs(%y : memref<2048x2048xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Of a small one more workgroups get smaller tiles. What lies over an edge
// reads the last element again, and is not stored. A quarter of a tile's rows
// are worth it; of fewer, which sizes tell, lanes make more. Of a thousand rows,
// tiles are as large as they may be.

// CHECK-LABEL: func.func @small(
// CHECK: %[[MOST:.*]] = arith.cmpi uge, %{{.*}}, %c1024
// CHECK: %[[FILLS:.*]] = arith.andi %[[MOST]],
// CHECK: %[[WIDE:.*]] = arith.select %[[FILLS]], %{{.*}}, %c0
// CHECK: kernel.launch @small_kernel over %[[WIDE]]
// CHECK: %[[REST:.*]] = arith.xori %[[FILLS]], %true
// CHECK: %[[MANY:.*]] = arith.cmpi uge, %{{.*}}, %c4
// CHECK: %[[SUITS:.*]] = arith.andi %[[MANY]],
// CHECK: %[[BOTH:.*]] = arith.andi %[[REST]], %[[SUITS]]
// CHECK: %[[TILES:.*]] = arith.select %[[BOTH]], %{{.*}}, %c0
// CHECK: kernel.launch @small_kernel_0 over %[[TILES]]
// CHECK: %[[FEW:.*]] = arith.xori %[[SUITS]], %true
// CHECK: %[[LAST:.*]] = arith.andi %[[REST]], %[[FEW]]
// CHECK: %[[LANES:.*]] = arith.select %[[LAST]], %{{.*}}, %c0
// CHECK: kernel.launch @small_kernel_1 over %[[LANES]]
// CHECK-LABEL: gpu.func @small_kernel
// CHECK-SAME: lathe.plan = "tiles of 64x64x8, 8x4 an invocation"
// CHECK-LABEL: gpu.func @small_kernel_0
// CHECK-SAME: lathe.plan = "tiles of 16x32x16, 2x2 an invocation"
// CHECK: scf.for
// CHECK: arith.minui
// CHECK: gpu.barrier
// CHECK: scf.for
// CHECK: scf.yield
// CHECK: scf.if
// CHECK: memref.store
// CHECK-LABEL: gpu.func @small_kernel_1
// CHECK-SAME: lathe.plan = "elements of 2 lanes"
func.func @small(%x: memref<?x50xf32>, %w: memref<50x70xf32>, %y: memref<?x70xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<?x50xf32>, memref<50x70xf32>) outs(%y : memref<?x70xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// A convolution is a product, too, of pixels and filters; steps of its window
// count as one reduction.

// CHECK-LABEL: gpu.func @convolution_kernel
// CHECK-SAME: lathe.plan = "tiles of 64x32x16, 4x4 an invocation"
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c27{{.*}} step %c16
func.func @convolution(%x: memref<8x66x66x3xf32>, %w: memref<3x3x3x32xf32>, %y: memref<8x64x64x32xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<8x66x66x3xf32>, memref<3x3x3x32xf32>) outs(%y : memref<8x64x64x32xf32>)
      {indexing_maps = [affine_map<(n, i, j, o, p, q, c) -> (n, i + p, j + q, c)>, affine_map<(n, i, j, o, p, q, c) -> (p, q, c, o)>, affine_map<(n, i, j, o, p, q, c) -> (n, i, j, o)>],
       reductions = array<i1: false, false, false, false, true, true, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Codes of a matrix are decoded where they are staged, not where they are
// multiplied.

// CHECK-LABEL: gpu.func @decoded_kernel
// CHECK-SAME: tiles of
// CHECK: scf.for
// CHECK: arith.sitofp
// CHECK: gpu.barrier
// CHECK: scf.for
// CHECK-NOT: arith.sitofp
func.func @decoded(%x: memref<64x64xf32>, %w: memref<64x64xi8>, %scales: memref<64xf32>, %y: memref<64x64xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w, %scales : memref<64x64xf32>, memref<64x64xi8>, memref<64xf32>) outs(%y : memref<64x64xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %code: i8, %scale: f32, %sum: f32):
    %c = arith.sitofp %code : i8 to f32
    %b = arith.mulf %c, %scale : f32
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %code: i8, %scale: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Sums of rows: neighbouring invocations read neighbours, and add up what they
// have in a tree.

// CHECK-LABEL: gpu.func @rows_kernel
// CHECK-SAME: workgroup(%[[SUMS:.*]] : memref<128xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: lathe.plan = "elements of 128 neighbouring lanes"
// CHECK: %[[LANE:.*]] = arith.remui %{{.*}}, %c128
// CHECK: scf.for %[[STEP:.*]] = %c0{{.*}} to %c8{{.*}} step %c1
// CHECK: arith.muli %[[STEP]], %c128
// CHECK: arith.addi %{{.*}}, %[[LANE]]
// CHECK: memref.store %{{.*}}, %[[SUMS]]
// CHECK: gpu.barrier
// CHECK: arith.cmpi ult, %[[LANE]], %c64
// CHECK: scf.if
// CHECK-COUNT-2: memref.load %[[SUMS]]
// CHECK: arith.addf
// CHECK: memref.store %{{.*}}, %[[SUMS]]
// CHECK-COUNT-6: gpu.barrier
// CHECK-NOT: gpu.barrier

// Where subgroups add up what their invocations have, one of each stores it,
// and the first lane adds up what is stored.

// SUBGROUPS-LABEL: gpu.func @rows_kernel
// SUBGROUPS-SAME: workgroup(%[[SUMS:.*]] : memref<128xf32, #gpu.address_space<workgroup>>)
// SUBGROUPS-SAME: lathe.plan = "elements of 128 neighbouring lanes, by subgroups"
// SUBGROUPS: %[[SUM:.*]] = gpu.subgroup_reduce add
// SUBGROUPS: %[[ONE:.*]] = spirv.GroupNonUniformElect <Subgroup>
// SUBGROUPS: scf.if %[[ONE]]
// SUBGROUPS: %[[SUBGROUP:.*]] = gpu.subgroup_id
// SUBGROUPS: memref.store %[[SUM]], %[[SUMS]][%[[SUBGROUP]]]
// SUBGROUPS: gpu.barrier
// SUBGROUPS: %[[COUNT:.*]] = gpu.num_subgroups
// SUBGROUPS: %[[END:.*]] = arith.select %{{.*}}, %[[COUNT]], %c1
// SUBGROUPS: memref.load %[[SUMS]][%c0
// SUBGROUPS: scf.for %[[I:.*]] = %c1{{.*}} to %[[END]]
// SUBGROUPS: memref.load %[[SUMS]][%[[I]]]
// SUBGROUPS: arith.addf
// SUBGROUPS-NOT: gpu.barrier
// SUBGROUPS: gpu.return

// LARGE-LABEL: gpu.func @rows_kernel
// LARGE-SAME: lathe.plan = "elements of 256 neighbouring lanes"
func.func @rows(%x: memref<64x1024xf32>, %y: memref<64xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x : memref<64x1024xf32>) outs(%y : memref<64xf32>)
      {indexing_maps = [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>], reductions = array<i1: false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %sum: f32):
    %s = arith.addf %sum, %a : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// A product of one row: few outputs, whose neighbours are neighbours in memory.
// Eight invocations share one, each every eighth step.

// CHECK-LABEL: gpu.func @vector_kernel
// CHECK-SAME: lathe.plan = "elements of 8 lanes"
// CHECK: %[[LANE:.*]] = arith.divui %{{.*}}, %c16
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c256{{.*}} step %c1
func.func @vector(%x: memref<1x2048xf32>, %w: memref<2048x2048xf32>, %y: memref<1x2048xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<1x2048xf32>, memref<2048x2048xf32>) outs(%y : memref<1x2048xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Where results cannot be combined in any order, and where both operands have
// all of the output's dimensions, an invocation computes an element.

// CHECK-LABEL: gpu.func @others_kernel
// CHECK-SAME: lathe.plan = "elements"
// CHECK-LABEL: gpu.func @others_kernel_0
// CHECK-SAME: lathe.plan = "elements"
func.func @others(%x: memref<8x1024xf32>, %y: memref<8xf32>, %d: memref<9x64x256xf32>, %f: memref<9x256xf32>, %z: memref<64x256xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x : memref<8x1024xf32>) outs(%y : memref<8xf32>)
      {indexing_maps = [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>], reductions = array<i1: false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %sum: f32):
    %h = arith.mulf %sum, %sum : f32
    %s = arith.addf %h, %a : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  kernel.nest ins(%d, %f : memref<9x64x256xf32>, memref<9x256xf32>) outs(%z : memref<64x256xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (k, i, j)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}
