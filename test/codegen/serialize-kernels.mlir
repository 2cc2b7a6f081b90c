// RUN: lathe-opt %s -split-input-file -lathe-serialize-kernels | FileCheck %s

// A kernel becomes SPIR-V, whose first word is 0x07230203, with the counts of
// its buffers and of the launch's scalars, and its workgroups' size.

// CHECK-LABEL: func @main
// CHECK: kernel.launch @scale
// CHECK: kernel.binary @scale buffers 2 scalars 1 workgroup 64 shared 0 code "\03\02#\07
// CHECK-NOT: gpu.module
module {
  func.func @main(%x: memref<8xf32>, %y: memref<8xf32>, %run: !llvm.ptr) {
    %c8 = arith.constant 8 : index
    %n = arith.constant 8 : i32
    kernel.launch @scale over %c8(%x, %y) scalars(%n) in %run : !llvm.ptr, memref<8xf32>, memref<8xf32>
    return
  }
  gpu.module @scale {
    gpu.func @scale(%x: memref<?xf32>, %y: memref<?xf32>, %p: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %i = gpu.thread_id x
      %a = memref.load %x[%i] : memref<?xf32>
      %b = math.exp %a : f32
      %c = math.exp2 %b : f32
      memref.store %c, %y[%i] : memref<?xf32>
      gpu.return
    }
  }
}

// -----

// What compilers of drivers could round in another way says that they must
// not (NoContraction, decoration 42 of OpDecorate, 0x00030047): the difference
// here. The product and the sum that may contract are one op by then.

// CHECK-LABEL: kernel.binary @exact
// CHECK-SAME: {{G\\00\\03\\00(\\[0-9A-F][0-9A-F]|.)\\00\\00\\00[*]\\00\\00\\00}}
// CHECK-NOT: {{G\\00\\03\\00(\\[0-9A-F][0-9A-F]|.)\\00\\00\\00[*]\\00\\00\\00}}
gpu.module @exact {
  gpu.func @exact(%x: memref<?xf32>, %p: memref<?xi32>) kernel {
    %i = gpu.thread_id x
    %a = memref.load %x[%i] : memref<?xf32>
    %b = arith.mulf %a, %a fastmath<contract> : f32
    %c = arith.addf %b, %a fastmath<contract> : f32
    %d = arith.subf %c, %a : f32
    memref.store %d, %x[%i] : memref<?xf32>
    gpu.return
  }
}

// -----

// Subgroups reduce by OpGroupNonUniformIAdd (0x0006015D), FAdd (0x0006015E) and
// SMax (0x00060164), of scope 3 (a constant), operation 0; of SPIR-V's
// capabilities they ask for 61 and 63.

// CHECK-LABEL: kernel.binary @subgroups
// CHECK-SAME: {{\\11\\00\\02\\00\\01\\00\\00\\00\\11\\00\\02\\00=\\00\\00\\00\\11\\00\\02\\00[?]\\00\\00\\00}}
// CHECK-SAME: {{[]]\\01\\06\\00}}
// CHECK-SAME: {{\^\\01\\06\\00}}
// CHECK-SAME: {{d\\01\\06\\00}}
gpu.module @subgroups {
  gpu.func @subgroups(%x: memref<?xf32>, %y: memref<?xi32>, %p: memref<?xi32>) kernel {
    %c1 = arith.constant 1 : index
    %i = gpu.thread_id x
    %in = arith.cmpi ult, %i, %c1 : index
    %one = spirv.GroupNonUniformElect <Subgroup> : i1
    %a = memref.load %x[%i] : memref<?xf32>
    %b = memref.load %y[%i] : memref<?xi32>
    scf.if %in {
      %s = gpu.subgroup_reduce add %b : (i32) -> i32
      %t = gpu.subgroup_reduce add %a : (f32) -> f32
      %u = gpu.subgroup_reduce maxsi %s : (i32) -> i32
      %k = gpu.subgroup_id : index
      %n = gpu.num_subgroups : index
      %j = arith.addi %k, %n : index
      scf.if %one {
        memref.store %t, %x[%k] : memref<?xf32>
        memref.store %u, %y[%j] : memref<?xi32>
      }
    }
    gpu.return
  }
}

// -----

// What a workgroup shares becomes memory of the workgroup (storage class 4 of a
// variable, 0x0004003B), and a barrier OpControlBarrier, 0x000400E0.

// CHECK-LABEL: kernel.binary @turn buffers 1 scalars 0 workgroup 8 shared 64 code
// CHECK-SAME: {{;\\00\\04\\00(\\[0-9A-F][0-9A-F]|.)\\00\\00\\00(\\[0-9A-F][0-9A-F]|.)\\00\\00\\00\\04\\00\\00\\00}}
// CHECK-SAME: {{\\E0\\00\\04\\00}}
gpu.module @turn {
  gpu.func @turn(%x: memref<?xf32>, %p: memref<?xi32>)
      workgroup(%s: memref<8xf32, #gpu.address_space<workgroup>>, %t: memref<4xf64, #gpu.address_space<workgroup>>)
      kernel attributes {known_block_size = array<i32: 8, 1, 1>} {
    %c7 = arith.constant 7 : index
    %i = gpu.thread_id x
    %a = memref.load %x[%i] : memref<?xf32>
    memref.store %a, %s[%i] : memref<8xf32, #gpu.address_space<workgroup>>
    gpu.barrier
    %j = arith.subi %c7, %i : index
    %b = memref.load %s[%j] : memref<8xf32, #gpu.address_space<workgroup>>
    memref.store %b, %x[%i] : memref<?xf32>
    gpu.return
  }
}

// -----

// A sum over what there is begins with 0 also where there is nothing: the loop
// stands behind a condition (OpSelectionMerge, 0x000300F7), as MLIR's lowering
// takes what a loop gives from its last step.

// CHECK-LABEL: kernel.binary @sum
// CHECK-SAME: {{\\F7\\00\\03\\00}}
gpu.module @sum {
  gpu.func @sum(%x: memref<?xf32>, %y: memref<?xf32>, %p: memref<?xi32>) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f32
    %count = memref.load %p[%c0] : memref<?xi32>
    %n = arith.index_cast %count : i32 to index
    %sum = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero) -> f32 {
      %a = memref.load %x[%i] : memref<?xf32>
      %b = arith.addf %s, %a : f32
      scf.yield %b : f32
    }
    memref.store %sum, %y[%c0] : memref<?xf32>
    gpu.return
  }
}
