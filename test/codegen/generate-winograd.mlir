// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-winograd{vector-bytes=64 registers=32},canonicalize,cse))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-winograd{vector-bytes=32 registers=16 parallel=false},canonicalize,cse))' | FileCheck %s --check-prefix=NARROW --implicit-check-not=kernel.parallel

// 49 tiles of 4x4 are two blocks of 26, rows of 13: 36 loads, 144 operations, 36 stores a vector of channels; then tiles of
// 13 rows by both vectors of a panel; then 36 loads and 16 stores a vector of features, all within the result.

// CHECK-LABEL: func @tiles
// CHECK: kernel.parallel
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<936x128xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<936x32xf32>
// CHECK-COUNT-36: vector.load %{{.*}} : memref<?x30x30x128xf32>, vector<16xf32>
// CHECK-COUNT-36: vector.store {{.*}} : memref<936x128xf32>
// What the next point multiplies is fetched meanwhile, behind the last one nothing.
// CHECK: %[[POINT:.*]] = arith.minsi %{{.*}}, %c143
// CHECK: %[[NEXT:.*]] = arith.muli %[[POINT]], %c4096
// CHECK: scf.for %[[C:.*]] = {{.*}} to %c128 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){25}vector<16xf32>}})
// CHECK: %[[AHEAD:.*]] = arith.muli %[[C]], %c32
// CHECK: arith.addi %[[NEXT]], %[[AHEAD]]
// CHECK-COUNT-2: memref.prefetch {{.*}} locality<2>
// CHECK-COUNT-2: vector.load %{{.*}} : memref<4x36x128x32xf32>, vector<16xf32>
// CHECK-COUNT-13: memref.load %{{.*}} : memref<936x128xf32>
// CHECK-COUNT-26: vector.store {{.*}} : memref<936x32xf32>
// CHECK-COUNT-16: vector.store {{.*}} : memref<?x28x28x128xf32>
// CHECK-COUNT-16: vector.store {{.*}} : memref<?x28x28x128xf32>
// CHECK-NOT: scf.if
// NARROW-LABEL: func @tiles
// NARROW: scf.for {{.*}} to %c128 step %c1 iter_args({{.*}}) -> ({{(vector<8xf32>, ){11}vector<8xf32>}})
func.func @tiles(%x: memref<?x30x30x128xf32>, %w: memref<4x36x128x32xf32>, %y: memref<?x28x28x128xf32>) {
  kernel.winograd ins(%x : memref<?x30x30x128xf32>) filters(%w : memref<4x36x128x32xf32>) outs(%y : memref<?x28x28x128xf32>)
  return
}

// -----

// Tiles of 2x2 have 16 points. Pixels beyond the last row are not stored; of 20 features, the second vector of 8 stores 4.

// CHECK-LABEL: func @odd
// CHECK-COUNT-16: vector.maskedload %{{.*}} : memref<1x8x8x5xf32>
// CHECK-COUNT-16: vector.store
// CHECK: -> ({{(vector<16xf32>, vector<8xf32>, ){8}vector<16xf32>, vector<8xf32>}})
// CHECK-COUNT-2: vector.store {{.*}} : memref<1x5x6x20xf32>, vector<16xf32>
// CHECK: arith.cmpi ult
// CHECK: scf.if
// CHECK: vector.maskedstore {{.*}} : memref<1x5x6x20xf32>
func.func @odd(%x: memref<1x8x8x5xf32>, %w: memref<1x16x5x24xf32>, %y: memref<1x5x6x20xf32>) {
  kernel.winograd ins(%x : memref<1x8x8x5xf32>) filters(%w : memref<1x16x5x24xf32>) outs(%y : memref<1x5x6x20xf32>)
  return
}

// -----

// A bias is read once a vector of features, a residual for each pixel; both are added before it is stored.

// CHECK-LABEL: func @finished
// CHECK: vector.store {{.*}} : memref<936x32xf32>
// CHECK: %[[BIAS:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<128xf32>, vector<16xf32>
// CHECK-COUNT-16: vector.load %{{.*}} : memref<1x28x28x128xbf16>, vector<16xbf16>
// CHECK-NOT: memref<1x28x28x128xbf16>
// CHECK: vector.load %{{.*}} : memref<128xf32>, vector<16xf32>
#features = affine_map<(n, i, j, f) -> (f)>
#all = affine_map<(n, i, j, f) -> (n, i, j, f)>
func.func @finished(%x: memref<1x30x30x128xf32>, %w: memref<4x36x128x32xf32>, %bias: memref<128xf32>, %residual: memref<1x28x28x128xbf16>, %y: memref<1x28x28x128xf32>) {
  kernel.winograd ins(%x : memref<1x30x30x128xf32>) filters(%w : memref<4x36x128x32xf32>)
      extras(%bias, %residual : memref<128xf32>, memref<1x28x28x128xbf16>) outs(%y : memref<1x28x28x128xf32>) {extra_maps = [#features, #all]} finish {
  ^bb0(%b: f32, %r: bf16, %sum: f32):
    %0 = arith.addf %sum, %b : f32
    %1 = arith.extf %r : bf16 to f32
    %2 = arith.addf %0, %1 : f32
    kernel.yield %2 : f32
  }
  return
}

// -----

// Of a slimmable layer: as many channels as the image has, those that fill no vector under a mask; panels that begin
// within the result's features, of which the last one may be in use in part. Filters that are fetched ahead are those of
// all channels.

// CHECK-LABEL: func @slim
// CHECK-SAME: %[[X:.*]]: memref<1x14x14x?xf32>, %[[W:.*]]: memref<2x36x40x24xf32>, %[[Y:.*]]: memref<1x12x12x?xf32>)
// CHECK-DAG: %[[C:.*]] = memref.dim %[[X]], %c3
// CHECK-DAG: %[[F:.*]] = memref.dim %[[Y]], %c3
// CHECK: memref.alloca() {{.*}} : memref<{{.*}}x48xf32>
// CHECK-COUNT-36: vector.load %[[X]]{{.*}} : memref<1x14x14x?xf32>, vector<16xf32>
// CHECK: scf.if
// CHECK: %[[MASK:.*]] = vector.create_mask %{{.*}} : vector<16xi1>
// CHECK-COUNT-36: vector.maskedload %[[X]]{{.*}}, %[[MASK]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[C]] step %c1 iter_args
// CHECK-COUNT-2: memref.prefetch
// CHECK: scf.if
// CHECK: vector.create_mask %{{.*}} : vector<16xi1>
// CHECK: vector.maskedstore %[[Y]]
// CHECK: vector.create_mask %{{.*}} : vector<8xi1>
// CHECK: vector.maskedstore %[[Y]]
// CHECK: } else {
// CHECK-COUNT-16: vector.store %{{.*}}, %[[Y]]{{.*}} vector<16xf32>
// CHECK-COUNT-16: vector.store %{{.*}}, %[[Y]]{{.*}} vector<8xf32>
func.func @slim(%x: memref<1x14x14x?xf32>, %w: memref<2x36x40x24xf32>, %y: memref<1x12x12x?xf32>) {
  kernel.winograd ins(%x : memref<1x14x14x?xf32>) filters(%w : memref<2x36x40x24xf32>) outs(%y : memref<1x12x12x?xf32>)
  return
}

// -----

// The same where channels have no neighbours in memory: what fills no vector is read and written one by one.

// CHECK-LABEL: func @apart
// CHECK-SAME: %[[X:.*]]: memref<1x14x14x?xf32, strided<[?, ?, ?, 2]>>, %{{.*}}, %[[Y:.*]]: memref<1x12x12x?xf32, strided<[?, ?, ?, 2]>>)
// CHECK: vector.from_elements
// CHECK: scf.if
// CHECK: scf.for %[[I:.*]] = %c0 to %{{.*}} step %c1 iter_args(%[[SO_FAR:.*]] = %{{.*}}) -> (vector<16xf32>)
// CHECK: %[[E:.*]] = memref.load %[[X]]
// CHECK: vector.insert %[[E]], %[[SO_FAR]] [%[[I]]]
// CHECK: %[[F:.*]] = vector.extract %{{.*}}[%arg{{[0-9]+}}] : f32 from vector<16xf32>
// CHECK-NEXT: memref.store %[[F]], %[[Y]]
// CHECK-NOT: vector.maskedstore
func.func @apart(%x: memref<1x14x14x?xf32, strided<[?, ?, ?, 2]>>, %w: memref<1x36x40x16xf32>, %y: memref<1x12x12x?xf32, strided<[?, ?, ?, 2]>>) {
  kernel.winograd ins(%x : memref<1x14x14x?xf32, strided<[?, ?, ?, 2]>>) filters(%w : memref<1x36x40x16xf32>) outs(%y : memref<1x12x12x?xf32, strided<[?, ?, ?, 2]>>)
  return
}
