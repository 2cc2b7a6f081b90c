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

// -----

// What CUDA devices have no instruction for, and a polynomial neither.

module {
  gpu.module @wide [#nvvm.target<chip = "sm_80">] {
    // expected-error @+1 {{this op cannot be computed on a CUDA device: 'math.exp' has no instruction there; compile for the processor}}
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

module {
  gpu.module @words [#nvvm.target<chip = "sm_80">] {
    // expected-error @+1 {{reads a parameter that there is not}}
    gpu.func @words(%x: memref<?xi32>, %p: memref<?xi32>) kernel {
      %c9 = arith.constant 9 : index
      %a = memref.load %p[%c9] : memref<?xi32>
      memref.store %a, %x[%c9] : memref<?xi32>
      gpu.return
    }
  }
}

// -----

module {
  // expected-error @+1 {{there are no CUDA devices 'sm_50' to compile for}}
  gpu.module @old [#nvvm.target<chip = "sm_50">] {
    gpu.func @old(%x: memref<?xi32>, %p: memref<?xi32>) kernel {
      gpu.return
    }
  }
}
