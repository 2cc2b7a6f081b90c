// RUN: lathe-opt %s -split-input-file -verify-diagnostics -lathe-serialize-kernels

// What SPIR-V does not have is an error that names the op's place.

module {
  gpu.module @wide {
    // expected-error @+1 {{this op cannot be computed on a Vulkan device: 'spirv.GL.Exp' op operand #0 must be 16/32-bit float}}
    gpu.func @wide(%x: memref<?xf64>, %p: memref<?xi32>) kernel {
      %i = gpu.thread_id x
      %a = memref.load %x[%i] : memref<?xf64>
      %b = math.exp %a : f64
      memref.store %b, %x[%i] : memref<?xf64>
      gpu.return
    }
  }
}

// -----

func.func @main(%n: index, %x: memref<f32>, %run: !llvm.ptr) {
  // expected-error @+1 {{launches 'nothing', which is no kernel}}
  kernel.launch @nothing over %n(%x) in %run : !llvm.ptr, memref<f32>
  return
}
