// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-pad-strides{registers=32}))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-pad-strides{registers=16}))' | FileCheck %s --check-prefix=FEW
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-pad-strides{registers=32},lathe-plan-memory,lathe-generate-nests{registers=32}))' | FileCheck %s --check-prefix=NESTS
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-pad-strides{registers=32 vector-bytes=64 second-cache-bytes=2097152 bf16-matrices=llvm.x86.tdpbf16ps.internal}))' | FileCheck %s --check-prefix=MATRICES

// 14 rows of 4 kB share the 8 lines of one place. A buffer that nests alone use gets rows that are a line longer, from
// its first use on, and all but its rows' ends still is one dimension of rows. Six rows fit.

// CHECK-LABEL: func @buffer
// CHECK: %[[N:.*]] = memref.dim %arg0, %c0
// CHECK: %[[M:.*]] = memref.dim %arg0, %c1
// CHECK: %[[BUFFER:.*]] = memref.alloc(%[[N]], %[[M]]) : memref<?x?x1040xf32>
// CHECK: memref.alloc() : memref<8xf32>
// CHECK: %[[ROWS:.*]] = memref.subview %[[BUFFER]][0, 0, 0] [%[[N]], %[[M]], 1024] [1, 1, 1]
// CHECK: kernel.nest ins(%{{.*}}) outs(%[[ROWS]] : memref<?x?x1024xf32, strided<[?, 1040, 1]>>)
// CHECK: kernel.nest ins(%[[ROWS]], %{{.*}})
// FEW-LABEL: func @buffer
// FEW: memref.alloc(%{{.*}}, %{{.*}}) : memref<?x?x1024xf32>
// NESTS-LABEL: func @buffer
// NESTS: memref.subview {{.*}} : memref<?x1040xf32> to memref<?x1024xf32, strided<[1040, 1]>>
#x = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
#w = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
#y = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @buffer(%x: memref<?x?x1024xf32> {lathe.bounds = array<i64: 9, 3, 1024>}, %w: memref<1024x64xf32>, %y: memref<?x?x64xf32>, %arena: memref<?xi8>, %context: !llvm.ptr)
    attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?x?x1024xf32>
  %m = memref.dim %x, %c1 : memref<?x?x1024xf32>
  %h = memref.alloc(%n, %m) : memref<?x?x1024xf32>
  %other = memref.alloc() : memref<8xf32>
  kernel.nest ins(%x : memref<?x?x1024xf32>) outs(%h : memref<?x?x1024xf32>)
      {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false, false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    %0 = arith.negf %p : f32
    kernel.yield %0 : f32
  }
  kernel.nest ins(%h, %w : memref<?x?x1024xf32>, memref<1024x64xf32>) outs(%y : memref<?x?x64xf32>)
      {indexing_maps = [#x, #w, #y], init = 0.0 : f32, reductions = array<i1: false, false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// Rows of others are copied where enough columns read them.

// Matrices read rows one after the other.
// MATRICES-LABEL: func @operand
// MATRICES-NOT: memref.{{alloc|copy|collapse_shape}}
// MATRICES: kernel.nest ins(%arg0, %arg1
// MATRICES: return

// CHECK-LABEL: func @operand
// CHECK: %[[BUFFER:.*]] = memref.alloc() : memref<64x2064xf32>
// CHECK: %[[ROWS:.*]] = memref.subview %[[BUFFER]][0, 0] [64, 2048] [1, 1]
// CHECK: memref.copy %arg0, %[[ROWS]]
// CHECK: kernel.nest ins(%[[ROWS]], %arg1
// CHECK: kernel.nest ins(%arg0, %arg3
// FEW-LABEL: func @operand
// FEW-NOT: alloc
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @operand(%x: memref<64x2048xf32>, %w: memref<2048x256xf32>, %y: memref<64x256xf32>, %v: memref<2048x64xf32>, %z: memref<64x64xf32>) {
  kernel.nest ins(%x, %w : memref<64x2048xf32>, memref<2048x256xf32>) outs(%y : memref<64x256xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  kernel.nest ins(%x, %v : memref<64x2048xf32>, memref<2048x64xf32>) outs(%z : memref<64x64xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// What lies well stays as it is: 14 rows in two places of 8 lines, or 8 rows in one. Every other pixel
// is twice as far from the next.

// CHECK-LABEL: func @apart
// CHECK-NOT: alloc
// CHECK: kernel.nest ins(%arg0, %arg1
// CHECK-NOT: alloc
// CHECK: kernel.nest ins(%arg3, %arg4
// CHECK: memref.alloc() : memref<1x28x28x528xf32>
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
#pixels = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 * 2, d2 * 2, d4)>
#filters = affine_map<(d0, d1, d2, d3, d4) -> (d4, d3)>
#result = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
func.func @apart(%x: memref<64x512xf32>, %w: memref<512x256xf32>, %y: memref<64x256xf32>, %v: memref<8x2048xf32>, %t: memref<2048x256xf32>, %z: memref<8x256xf32>,
    %image: memref<1x28x28x512xf32>, %f: memref<512x256xf32>, %r: memref<1x14x14x256xf32>) {
  kernel.nest ins(%x, %w : memref<64x512xf32>, memref<512x256xf32>) outs(%y : memref<64x256xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  kernel.nest ins(%v, %t : memref<8x2048xf32>, memref<2048x256xf32>) outs(%z : memref<8x256xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  kernel.nest ins(%image, %f : memref<1x28x28x512xf32>, memref<512x256xf32>) outs(%r : memref<1x14x14x256xf32>)
      {indexing_maps = [#pixels, #filters, #result], init = 0.0 : f32, reductions = array<i1: false, false, false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// No plan of memory has a place for a copy of a size without a bound.

// CHECK-LABEL: func @unbounded
// CHECK-NOT: alloc
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @unbounded(%x: memref<?x2048xf32>, %w: memref<2048x256xf32>, %y: memref<?x256xf32>) {
  kernel.nest ins(%x, %w : memref<?x2048xf32>, memref<2048x256xf32>) outs(%y : memref<?x256xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// 14 rows of 2,048 numbers of bf16 share 8 lines, too. They are rows of one dimension to the product alone.

// CHECK-LABEL: func @pairs
// CHECK: %[[WHOLE:.*]] = memref.alloc(%{{.*}}) : memref<?x2080xbf16>
// CHECK: %[[ROWS:.*]] = memref.subview %[[WHOLE]]
// CHECK: %[[PARTS:.*]] = memref.expand_shape %[[ROWS]] {{\[\[}}0], [1, 2]]
// CHECK: kernel.nest {{.*}}outs(%[[PARTS]] : memref<?x1x2048xbf16, strided<[2080, 2048, 1]>>)
// CHECK: %[[PLAIN:.*]] = memref.subview %[[WHOLE]]{{.*}} to memref<?x2048xbf16, strided<[2080, 1]>>
// CHECK: kernel.dot_product rows(%[[PLAIN]]
// FEW-LABEL: func @pairs
// FEW: memref.alloc({{.*}}) : memref<?x1x2048xbf16>
func.func @pairs(%x: memref<?x1x2048xf32>, %u: memref<1x1024x64xbf16>, %y: memref<?x32xf32>, %n: index) {
  %q = memref.alloc(%n) : memref<?x1x2048xbf16>
  kernel.nest ins(%x : memref<?x1x2048xf32>) outs(%q : memref<?x1x2048xbf16>) {
      indexing_maps = [affine_map<(a, b, k) -> (a, b, k)>, affine_map<(a, b, k) -> (a, b, k)>],
      init = 0.0 : bf16, reductions = array<i1: false, false, false>} reduce {
  } finish {
  ^bb0(%e: f32, %zero: bf16):
    %t = arith.truncf %e : f32 to bf16
    kernel.yield %t : bf16
  }
  %flat = memref.collapse_shape %q [[0], [1, 2]] : memref<?x1x2048xbf16> into memref<?x2048xbf16>
  kernel.dot_product rows(%flat : memref<?x2048xbf16>) weights(%u : memref<1x1024x64xbf16>) outs(%y : memref<?x32xf32>)
  return
}

// -----

// 7 rows of bytes fit into 8 lines; and nobody copies rows that something else reads.

// CHECK-LABEL: func @kept
// CHECK: memref.alloc({{.*}}) : memref<?x4096xi8>
// CHECK: memref.alloc({{.*}}) : memref<?x2048xbf16>
func.func @kept(%z: memref<?x1xf32>, %s: memref<1x1x32xf32>, %i: memref<?x1xi32>, %c: memref<1x1024x128xi8>, %u: memref<1x1024x64xbf16>,
                %y: memref<?x32xf32>, %n: index) -> memref<?x2048xbf16> {
  %q = memref.alloc(%n) : memref<?x4096xi8>
  kernel.dot_product rows(%q : memref<?x4096xi8>) weights(%c : memref<1x1024x128xi8>)
      groups(%z, %i, %s : memref<?x1xf32>, memref<?x1xi32>, memref<1x1x32xf32>) outs(%y : memref<?x32xf32>)
  %h = memref.alloc(%n) : memref<?x2048xbf16>
  kernel.dot_product rows(%h : memref<?x2048xbf16>) weights(%u : memref<1x1024x64xbf16>) outs(%y : memref<?x32xf32>)
  return %h : memref<?x2048xbf16>
}

// -----

// Rows are what the product reads as one dimension, here of three. Tasks write parts of them through views, which follow;
// of how many rows there are, and how far apart they lie, nothing needs to be known.

// CHECK-LABEL: func @tasks
// CHECK: %[[BUFFER:.*]] = memref.alloc(%{{.*}}) : memref<?x100x2064xf32>
// CHECK: %[[ROWS:.*]] = memref.subview %[[BUFFER]]{{.*}} to memref<?x100x2048xf32, strided<[206400, 2064, 1]>>
// CHECK: %[[PARTS:.*]] = memref.expand_shape %[[ROWS]] {{.*}} into memref<?x100x4x8x64xf32, strided<[206400, 2064, 512, 64, 1]>>
// CHECK: kernel.parallel
// CHECK: %[[PART:.*]] = memref.subview %[[PARTS]]{{.*}} to memref<1x1x1x8x64xf32, strided<[206400, 2064, 512, 64, 1], offset: ?>>
// CHECK: %[[PLANE:.*]] = memref.collapse_shape %[[PART]] {{.*}} into memref<8x64xf32, strided<[64, 1], offset: ?>>
// CHECK: kernel.nest {{.*}}outs(%[[PLANE]]
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %[[BUFFER]] {{\[\[}}0, 1], [2]] : memref<?x100x2064xf32> into memref<?x2064xf32>
// CHECK: %[[READ:.*]] = memref.subview %[[FLAT]]{{.*}} to memref<?x2048xf32, strided<[2064, 1]>>
// CHECK: kernel.nest ins(%[[READ]], %{{.*}})
// CHECK-NOT: memref.copy
// CHECK: return
// NESTS-LABEL: func @tasks
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @tasks(%x: memref<8x64xf32>, %w: memref<2048x256xf32>, %y: memref<?x256xf32> {lathe.bounds = array<i64: 300, 256>}, %n: index, %arena: memref<?xi8>, %context: !llvm.ptr)
    attributes {lathe.entry} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %rows = memref.dim %y, %c0 : memref<?x256xf32>
  %c100 = arith.constant 100 : index
  %m = arith.divui %rows, %c100 : index
  %h = memref.alloc(%m) : memref<?x100x4x8x64xf32>
  kernel.parallel %m grain %c1 {
  ^bb0(%i: index):
    %part = memref.subview %h[%i, 7, %c2, 0, 0] [1, 1, 1, 8, 64] [1, 1, 1, 1, 1]
        : memref<?x100x4x8x64xf32> to memref<1x1x1x8x64xf32, strided<[204800, 2048, 512, 64, 1], offset: ?>>
    %plane = memref.collapse_shape %part [[0, 1, 2, 3], [4]]
        : memref<1x1x1x8x64xf32, strided<[204800, 2048, 512, 64, 1], offset: ?>> into memref<8x64xf32, strided<[64, 1], offset: ?>>
    kernel.nest ins(%x : memref<8x64xf32>) outs(%plane : memref<8x64xf32, strided<[64, 1], offset: ?>>)
        {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false, false>} reduce {
    } finish {
    ^bb0(%p: f32, %acc: f32):
      %0 = arith.negf %p : f32
      kernel.yield %0 : f32
    }
    kernel.yield
  }
  %flat = memref.collapse_shape %h [[0, 1], [2, 3, 4]] : memref<?x100x4x8x64xf32> into memref<?x2048xf32>
  kernel.nest ins(%flat, %w : memref<?x2048xf32>, memref<2048x256xf32>) outs(%y : memref<?x256xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// A view that runs on from row to row keeps them where they are: they are copied.

// CHECK-LABEL: func @through
// CHECK: memref.alloc() : memref<64x4x512xf32>
// CHECK: %[[ROWS:.*]] = memref.alloc() : memref<64x2064xf32>
// CHECK: memref.copy
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
#id = affine_map<(d0) -> (d0)>
func.func @through(%x: memref<131072xf32>, %w: memref<2048x256xf32>, %y: memref<64x256xf32>) {
  %h = memref.alloc() : memref<64x4x512xf32>
  %all = memref.collapse_shape %h [[0, 1, 2]] : memref<64x4x512xf32> into memref<131072xf32>
  kernel.nest ins(%x : memref<131072xf32>) outs(%all : memref<131072xf32>)
      {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false>} reduce {
  } finish {
  ^bb0(%p: f32, %acc: f32):
    kernel.yield %p : f32
  }
  %flat = memref.collapse_shape %h [[0], [1, 2]] : memref<64x4x512xf32> into memref<64x2048xf32>
  kernel.nest ins(%flat, %w : memref<64x2048xf32>, memref<2048x256xf32>) outs(%y : memref<64x256xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}

// -----

// Rows that nobody can count stay as they are.

// CHECK-LABEL: func @huge
// CHECK: memref.alloc() : memref<4611686018427387904x64x2048xf32>
// CHECK-NOT: memref.{{alloc|copy}}
#a = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
#b = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
#c = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
func.func @huge(%w: memref<2048x256xf32>, %y: memref<4611686018427387904x64x256xf32>) {
  %h = memref.alloc() : memref<4611686018427387904x64x2048xf32>
  kernel.nest ins(%h, %w : memref<4611686018427387904x64x2048xf32>, memref<2048x256xf32>) outs(%y : memref<4611686018427387904x64x256xf32>)
      {indexing_maps = [#a, #b, #c], init = 0.0 : f32, reductions = array<i1: false, false, false, true>} reduce {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %acc, %0 : f32
    kernel.yield %1 : f32
  } finish {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    kernel.yield %acc : f32
  }
  return
}
