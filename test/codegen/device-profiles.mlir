// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels=lacks=i8 | FileCheck %s --check-prefix=I8
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels=lacks=i16 | FileCheck %s --check-prefix=I16
// RUN: lathe-opt %s -split-input-file -lathe-outline-kernels=lacks=i64 | FileCheck %s --check-prefix=I64

// What a device lacks is the host's: bools are bytes in memory, bf16 words of
// 16 bits, and a report of an index has 64 bits.

// CHECK-LABEL: func @bools
// CHECK: kernel.launch
// I8-LABEL: func @bools
// I8: kernel.nest
// I16-LABEL: func @bools
// I16: kernel.launch
func.func @bools(%x: memref<8xi1>, %y: memref<8xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x : memref<8xi1>) outs(%y : memref<8xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: i1, %sum: f32):
    %e = arith.uitofp %a : i1 to f32
    kernel.yield %e : f32
  }
  return
}

// -----

// CHECK-LABEL: func @narrow
// CHECK: kernel.launch
// I8-LABEL: func @narrow
// I8: kernel.launch
// I16-LABEL: func @narrow
// I16: kernel.nest
func.func @narrow(%x: memref<8xbf16>, %y: memref<8xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x : memref<8xbf16>) outs(%y : memref<8xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: bf16, %sum: f32):
    %e = arith.extf %a : bf16 to f32
    kernel.yield %e : f32
  }
  return
}

// -----

// CHECK-LABEL: func @gather
// CHECK: kernel.launch
// I64-LABEL: func @gather
// I64: kernel.nest
func.func @gather(%x: memref<9xf32>, %at: memref<6xi32>, %y: memref<6xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  %c9 = arith.constant 9 : index
  kernel.nest ins(%at : memref<6xi32>) outs(%y : memref<6xf32>)
      {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], reductions = array<i1: false>, init = 0.0 : f32} reduce {
  } finish {
  ^bb0(%a: i32, %sum: f32):
    %i = arith.index_cast %a : i32 to index
    %r = kernel.report_index %i below %c9
    %e = memref.load %x[%r] : memref<9xf32>
    kernel.yield %e : f32
  }
  return
}
