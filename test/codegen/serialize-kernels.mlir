// RUN: lathe-opt %s -split-input-file -lathe-serialize-kernels | FileCheck %s

// A kernel becomes SPIR-V, whose first word is 0x07230203, with the counts of
// its buffers and of the launch's scalars.

// CHECK-LABEL: func @main
// CHECK: kernel.launch @scale
// CHECK: kernel.binary @scale buffers 2 scalars 1 code "\03\02#\07
// CHECK-NOT: gpu.module
module {
  func.func @main(%x: memref<8xf32>, %y: memref<8xf32>, %run: !llvm.ptr) {
    %c8 = arith.constant 8 : index
    %n = arith.constant 8 : i32
    kernel.launch @scale over %c8(%x, %y) scalars(%n) in %run : !llvm.ptr, memref<8xf32>, memref<8xf32>
    return
  }
  gpu.module @scale {
    gpu.func @scale(%x: memref<?xf32>, %y: memref<?xf32>, %p: memref<?xi32>) kernel {
      %i = gpu.thread_id x
      %a = memref.load %x[%i] : memref<?xf32>
      %b = math.exp %a : f32
      %c = math.exp2 %b : f32
      memref.store %c, %y[%i] : memref<?xf32>
      gpu.return
    }
  }
}
