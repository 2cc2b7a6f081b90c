// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-reserve-kernel-memory))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-reserve-kernel-memory),lathe-outline-kernels,cse,canonicalize)' | FileCheck %s --check-prefix=KERNELS
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-reserve-kernel-memory{multiplied=bf16 copies-async workgroup-size=256 shared-bytes=49152 accumulators=64 busy-invocations=65536}))' | FileCheck %s --check-prefix=TENSOR
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-reserve-kernel-memory{multiplied=bf16 copies-async workgroup-size=256 shared-bytes=49152 accumulators=64 busy-invocations=65536 shared-words=4}))' | FileCheck %s --check-prefix=WORDS

// One query in four heads that share keys and values, of four such groups: 4 workgroups would have all the work. There is
// memory for the parts of 128 workgroups, four rows of 130 numbers each, and so 32 may share the keys of a group.

// CHECK-LABEL: func @decode
// CHECK: %[[PARTS:.*]] = memref.alloc() : memref<66560xf32>
// CHECK: kernel.attention {{.*}} partial(%[[PARTS]] : memref<66560xf32>)
// KERNELS-LABEL: func @decode
// KERNELS: %[[PARTS:.*]] = memref.alloc() : memref<66560xf32>
// KERNELS: %[[KEYS:.*]] = memref.dim
// KERNELS: %[[BLOCKS:.*]] = arith.ceildivui %[[KEYS]], %c128
// KERNELS: %[[MOST:.*]] = arith.minui %[[BLOCKS]], %c32
// KERNELS: %[[SPLITS:.*]] = arith.maxui %[[MOST]], %c1
// KERNELS: %[[GROUPS:.*]] = arith.muli %[[SPLITS]], %c4
// KERNELS: kernel.launch @decode_kernel over %[[GROUPS]]({{.*}}, %[[PARTS]])
// KERNELS: kernel.launch @decode_kernel_0 over %c16(%[[PARTS]], %arg3)
// KERNELS-NOT: kernel.launch
// KERNELS: lathe.plan = "attention of 4 rows by 128 keys, 4x1 an invocation, parts of the keys"
// KERNELS: lathe.plan = "parts of attention"
func.func @decode(%q: memref<1x1x2048xf32>, %k: memref<1x?x512xf32>, %v: memref<1x?x512xf32>, %y: memref<1x1x2048xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.attention ins(%q, %k, %v : memref<1x1x2048xf32>, memref<1x?x512xf32>, memref<1x?x512xf32>) outs(%y : memref<1x1x2048xf32>) {heads = 16, kv_heads = 4, causal, scale = 0.125 : f64}
  return
}

// -----

// Where sizes are dynamic they choose: many queries, few in as many images as keep the device busy, or fewer.

// KERNELS-LABEL: func @dynamic
// KERNELS: kernel.launch @dynamic_kernel over
// KERNELS: kernel.launch @dynamic_kernel_0 over
// KERNELS: kernel.launch @dynamic_kernel_1 over
// KERNELS: kernel.launch @dynamic_kernel_2 over
// KERNELS-NOT: kernel.launch
func.func @dynamic(%q: memref<?x?x64xf32>, %k: memref<?x?x64xf32>, %v: memref<?x?x64xf32>, %y: memref<?x?x64xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.attention ins(%q, %k, %v : memref<?x?x64xf32>, memref<?x?x64xf32>, memref<?x?x64xf32>) outs(%y : memref<?x?x64xf32>) {heads = 1, kv_heads = 1, scale = 0.125 : f64}
  return
}

// -----

// Keys of one block, and queries that occupy the device by themselves, stay as they are.

// CHECK-LABEL: func @short
// CHECK-NOT: partial
func.func @short(%q: memref<1x1x64xf32>, %k: memref<1x128x64xf32>, %v: memref<1x128x64xf32>, %y: memref<1x1x64xf32>) {
  kernel.attention ins(%q, %k, %v : memref<1x1x64xf32>, memref<1x128x64xf32>, memref<1x128x64xf32>) outs(%y : memref<1x1x64xf32>) {heads = 1, kv_heads = 1, scale = 0.125 : f64}
  return
}

// CHECK-LABEL: func @many
// CHECK-NOT: partial
func.func @many(%q: memref<1x512x1024xf32>, %k: memref<1x?x1024xf32>, %v: memref<1x?x1024xf32>, %y: memref<1x512x1024xf32>) {
  kernel.attention ins(%q, %k, %v : memref<1x512x1024xf32>, memref<1x?x1024xf32>, memref<1x?x1024xf32>) outs(%y : memref<1x512x1024xf32>) {heads = 8, kv_heads = 8, scale = 0.125 : f64}
  return
}

// -----

// Spectra in memory are of all images, where a workgroup does not share that of a block.

// CHECK-LABEL: func @spectra
// CHECK: %[[IMAGES:.*]] = memref.dim
// CHECK: %[[SPECTRA:.*]] = memref.alloc(%[[IMAGES]]) : memref<?x55296xf32>
// CHECK: kernel.frequency_filter {{.*}} spectrum(%[[SPECTRA]] : memref<?x55296xf32>)
func.func @spectra(%x: memref<?x16x16x192xf32>, %w: memref<2x8x24x24xf32>, %b: memref<2x8x24xf32>, %y: memref<?x16x16x192xf32>) {
  kernel.frequency_filter ins(%x : memref<?x16x16x192xf32>) weights(%w, %b, %w, %b : memref<2x8x24x24xf32>, memref<2x8x24xf32>, memref<2x8x24x24xf32>, memref<2x8x24xf32>) outs(%y : memref<?x16x16x192xf32>) hidden {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  } mask {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// CHECK-LABEL: func @shared
// CHECK-NOT: spectrum
func.func @shared(%x: memref<?x8x8x240xf32>, %w: memref<2x8x30x30xf32>, %b: memref<2x8x30xf32>, %y: memref<?x8x8x240xf32>) {
  kernel.frequency_filter ins(%x : memref<?x8x8x240xf32>) weights(%w, %b, %w, %b : memref<2x8x30x30xf32>, memref<2x8x30xf32>, memref<2x8x30x30xf32>, memref<2x8x30xf32>) outs(%y : memref<?x8x8x240xf32>) hidden {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  } mask {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

// Three rows of 8,192 inputs, by 64 columns: two tiles of 16x32, where 512 workgroups of a subgroup keep the device busy,
// whose totals there is memory for. A part has 256 inputs at least, four blocks of which copies are under way at once: 32
// workgroups share the inputs of a tile.

// CHECK-LABEL: func @bytes
// CHECK: %[[PARTS:.*]] = memref.alloc() : memref<262144xf32>
// CHECK: kernel.dot_product {{.*}} partial(%[[PARTS]] : memref<262144xf32>)
// KERNELS-LABEL: func @bytes
// KERNELS: %[[PARTS:.*]] = memref.alloc() : memref<262144xf32>
// KERNELS: kernel.launch @bytes_kernel over %c64({{.*}}, %[[PARTS]])
// KERNELS: kernel.launch @bytes_kernel_0 over %c6(%[[PARTS]], %arg5)
// KERNELS-NOT: kernel.launch
// KERNELS: lathe.plan = "bytes of 16x32x64, 16x32 a subgroup, copied 3 blocks ahead, parts of the inputs"
// KERNELS: lathe.plan = "totals of bytes"
func.func @bytes(%q: memref<3x8192xi8>, %t: memref<3x128xf32>, %z: memref<3x128xi32>, %u: memref<2x2048x128xi8>, %s: memref<2x128x32xf32>, %y: memref<3x64xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.dot_product rows(%q : memref<3x8192xi8>) weights(%u : memref<2x2048x128xi8>) groups(%t, %z, %s : memref<3x128xf32>, memref<3x128xi32>, memref<2x128x32xf32>) outs(%y : memref<3x64xf32>)
  return
}

// -----

// Rows of few inputs stay as they are, and so do products of bf16, which are the processor's.

// CHECK-LABEL: func @few
// CHECK-NOT: partial
func.func @few(%q: memref<3x64xi8>, %t: memref<3x1xf32>, %z: memref<3x1xi32>, %u: memref<1x16x128xi8>, %s: memref<1x1x32xf32>, %y: memref<3x32xf32>) {
  kernel.dot_product rows(%q : memref<3x64xi8>) weights(%u : memref<1x16x128xi8>) groups(%t, %z, %s : memref<3x1xf32>, memref<3x1xi32>, memref<1x1x32xf32>) outs(%y : memref<3x32xf32>)
  return
}

// CHECK-LABEL: func @pairs
// CHECK-NOT: partial
func.func @pairs(%q: memref<3x8192xbf16>, %u: memref<1x4096x64xbf16>, %y: memref<3x32xf32>) {
  kernel.dot_product rows(%q : memref<3x8192xbf16>) weights(%u : memref<1x4096x64xbf16>) outs(%y : memref<3x32xf32>)
  return
}

// -----

// Products of few rows and columns of 16-bit numbers have few tiles: workgroups share the steps, of which each part is a
// view of the operands, and another nest adds up the parts and finishes.

// TENSOR-LABEL: func @long
// TENSOR: %[[PARTS:.*]] = memref.alloc() : memref<64x8x512xf32>
// TENSOR: %[[LEFT:.*]] = memref.expand_shape %arg0 {{\[}}[0], [1, 2]] output_shape [64, 8, 512] : memref<64x4096xbf16> into memref<64x8x512xbf16>
// TENSOR: %[[RIGHT:.*]] = memref.expand_shape %arg1 {{\[}}[0], [1, 2]] output_shape [512, 8, 512] : memref<512x4096xbf16> into memref<512x8x512xbf16>
// TENSOR: kernel.nest ins(%[[LEFT]], %[[RIGHT]] : {{.*}}) outs(%[[PARTS]] : memref<64x8x512xf32>)
// TENSOR-SAME: init = 0.000000e+00 : f32, reductions = array<i1: false, false, false, true>
// TENSOR: kernel.yield
// TENSOR: finish
// TENSOR-NEXT: ^bb0(%{{.*}}: bf16, %{{.*}}: bf16, %[[SUM:.*]]: f32):
// TENSOR-NEXT: kernel.yield %[[SUM]]
// TENSOR: kernel.nest ins(%[[PARTS]], %arg2 : {{.*}}) outs(%arg3 : memref<64x512xf32>)
// TENSOR-SAME: init = 2.000000e+00 : f32, reductions = array<i1: false, false, true>
// TENSOR-NEXT: ^bb0(%[[PART:.*]]: f32, %{{.*}}: f32, %[[BEFORE:.*]]: f32):
// TENSOR-NEXT: arith.addf %[[BEFORE]], %[[PART]]
// TENSOR: finish
// TENSOR-NEXT: ^bb0(%{{.*}}: f32, %[[BIAS:.*]]: f32, %[[TOTAL:.*]]: f32):
// TENSOR-NEXT: arith.addf %[[TOTAL]], %[[BIAS]]
// CHECK-LABEL: func @long
// CHECK-NOT: memref.alloc
func.func @long(%x: memref<64x4096xbf16>, %w: memref<512x4096xbf16>, %b: memref<512xf32>, %y: memref<64x512xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w, %b : memref<64x4096xbf16>, memref<512x4096xbf16>, memref<512xf32>) outs(%y : memref<64x512xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 2.0 : f32} reduce {
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

// Where the number of rows is dynamic there is memory for 128, and the host asks whether there are as few, but enough for
// tiles; of more, the nest is one.

// TENSOR-LABEL: func @rows
// TENSOR: %[[PARTS:.*]] = memref.alloc() : memref<128x4x512xf32>
// TENSOR: %[[ROWS:.*]] = memref.dim %arg2
// TENSOR: %[[ENOUGH:.*]] = arith.cmpi uge, %[[ROWS]], %c8
// TENSOR: %[[FEW:.*]] = arith.cmpi ule, %[[ROWS]], %c128
// TENSOR: %[[SUITS:.*]] = arith.andi %[[ENOUGH]], %[[FEW]]
// TENSOR: scf.if %[[SUITS]]
// TENSOR: memref.subview %[[PARTS]]
// TENSOR-COUNT-2: kernel.nest
// TENSOR: else
// TENSOR: kernel.nest
// TENSOR-NOT: kernel.nest
func.func @rows(%x: memref<?x4096xbf16>, %w: memref<512x4096xbf16>, %y: memref<?x512xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<?x4096xbf16>, memref<512x4096xbf16>) outs(%y : memref<?x512xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: bf16, %c: bf16, %sum: f32):
    %e = arith.extf %a : bf16 to f32
    %f = arith.extf %c : bf16 to f32
    %p = arith.mulf %e, %f : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: bf16, %c: bf16, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Sums of f32 are shared as well where plain tiles load words at once: a convolution's of as many channels as make 64x64 by
// them keep the device busy, for up to three images, of which a plan is made.

// TENSOR-LABEL: func @image
// TENSOR-NOT: memref.alloc
// WORDS-LABEL: func @image
// WORDS: %[[PARTS:.*]] = memref.alloc() : memref<3x32x7x7x512xf32>
// WORDS: %[[ENOUGH:.*]] = arith.cmpi uge, %{{.*}}, %c1 : index
// WORDS: %[[FEW:.*]] = arith.cmpi ule, %{{.*}}, %c3 : index
// WORDS: %[[SUITS:.*]] = arith.andi
// WORDS: scf.if %[[SUITS]]
// WORDS: memref.subview %[[PARTS]]
// WORDS-COUNT-2: kernel.nest
// WORDS: else
// WORDS: kernel.nest
func.func @image(%x: memref<?x9x9x512xf32>, %w: memref<3x3x512x512xf32>, %y: memref<?x7x7x512xf32>, %arena: memref<?xi8>, %run: !llvm.ptr) attributes {lathe.entry} {
  kernel.nest ins(%x, %w : memref<?x9x9x512xf32>, memref<3x3x512x512xf32>) outs(%y : memref<?x7x7x512xf32>)
      {indexing_maps = [affine_map<(n, i, j, o, p, q, c) -> (n, i + p, j + q, c)>, affine_map<(n, i, j, o, p, q, c) -> (p, q, c, o)>, affine_map<(n, i, j, o, p, q, c) -> (n, i, j, o)>],
       reductions = array<i1: false, false, false, false, true, true, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %c: f32, %sum: f32):
    %p = arith.mulf %a, %c : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %c: f32, %sum: f32):
    kernel.yield %sum : f32
  }
  return
}
