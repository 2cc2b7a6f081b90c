// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(lathe-generate-filters{vector-bytes=64 registers=32},canonicalize,cse)' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(lathe-generate-filters{parallel=false},canonicalize,cse)' | FileCheck %s --check-prefix=SERIAL

// Blocks of 12 channels: four of them fill three vectors of 16, so that two tasks an image share eight blocks. A task has
// the two parts of a spectrum of 8 x 5 frequencies, a tile of 32 of them with rows of channels, and what is between the
// products. Transforms are written out, with no table and no loop inside.

// CHECK-NOT: memref.global
// CHECK-LABEL: func @filter
// CHECK: %[[N:.*]] = memref.dim
// CHECK: %[[TASKS:.*]] = arith.muli %[[N]], %c2
// CHECK: kernel.parallel %[[TASKS]] grain
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<40x48xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<40x48xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<96x32xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<24x32xf32>
// A row of 8 real numbers has two products beside those by the scale of 1/8, and a change of sign.
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-11: arith.mulf
// CHECK-NOT: arith.mulf
// CHECK: scf.for
// A column of 8 complex numbers has four, and works in place.
// CHECK: scf.for
// CHECK-COUNT-16: vector.load
// CHECK-COUNT-4: arith.mulf
// CHECK-NOT: arith.mulf
// Squares of 16 frequencies by 16 channels are transposed, in four steps each.
// CHECK: scf.for {{.*}} to %c32 step %c16
// CHECK: scf.for {{.*}} to %c48 step %c16
// CHECK-COUNT-128: vector.shuffle
// CHECK-NOT: vector.shuffle
// The products, of 6 outputs at two vectors of frequencies; the regions run on vectors.
// CHECK: scf.for {{.*}} to %c4 step %c1
// CHECK: scf.for {{.*}} to %c12 step %c6
// CHECK: scf.for {{.*}} to %c12 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){23}vector<16xf32>}})
// CHECK-COUNT-24: math.tanh %{{.*}} : vector<16xf32>
// CHECK: scf.for {{.*}} to %c12 step %c6
// CHECK: scf.for {{.*}} to %c12 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){23}vector<16xf32>}})
// CHECK-COUNT-24: math.absf %{{.*}} : vector<16xf32>
// CHECK-COUNT-128: vector.shuffle
// The last eight frequencies are a narrower vector.
// CHECK: scf.for {{.*}} to %c12 step %c1 iter_args({{.*}}) -> ({{(vector<8xf32>, ){11}vector<8xf32>}})
// CHECK-COUNT-12: math.tanh %{{.*}} : vector<8xf32>
// SERIAL-LABEL: func @filter
// SERIAL-NOT: kernel.parallel
// SERIAL: math.tanh %{{.*}} : vector<8xf32>
func.func @filter(%x: memref<?x8x8x96xf32>, %w: memref<2x8x12x12xf32>, %b: memref<2x8x12xf32>, %y: memref<?x8x8x96xf32>) {
  kernel.frequency_filter ins(%x : memref<?x8x8x96xf32>)
      weights(%w, %b, %w, %b : memref<2x8x12x12xf32>, memref<2x8x12xf32>, memref<2x8x12x12xf32>, memref<2x8x12xf32>)
      outs(%y : memref<?x8x8x96xf32>)
      hidden {
      ^bb0(%a: f32):
        %r = math.tanh %a : f32
        kernel.yield %r : f32
      } mask {
      ^bb0(%a: f32):
        %r = math.absf %a : f32
        kernel.yield %r : f32
      }
  return
}

// -----

// Twenty-nine is prime: with 16 registers straight-line code would read its values again too often, and tables of cosines
// and sines serve rows and columns. 144 is transformed in two stages of 12, its real lines in pairs.

// SERIAL-DAG: memref.global "private" constant @__cosines_29 : memref<15x15xf32> =
// SERIAL-DAG: memref.global "private" constant @__sines_29 : memref<15x15xf32> =
// SERIAL-DAG: memref.global "private" constant @__turns_cos_144 : memref<144xf32> =
// SERIAL-DAG: memref.global "private" constant @__turns_sin_144 : memref<144xf32> =
// SERIAL-LABEL: func @long
// SERIAL-DAG: memref.alloca() {alignment = 64 : i64} : memref<60x8xf32>
// SERIAL-DAG: memref.alloca() {alignment = 64 : i64} : memref<864x8xf32>
// Columns: fifteen pairs of 29 rows, two stages, and what takes the pairs apart.
// SERIAL: scf.for {{.*}} to %c29 step %c2
// SERIAL: scf.for {{.*}} to %c12 step %c1
// SERIAL: scf.for {{.*}} to %c12 step %c1
// SERIAL: scf.for {{.*}} to %c73 step %c1
// Rows: sums of 15 terms for 2 frequencies at once.
// SERIAL: scf.for {{.*}} to %c73 step %c1
// SERIAL: scf.for {{.*}} to %c15 step %c1
// SERIAL: scf.for {{.*}} to %c15 step %c1 iter_args({{.*}}) -> ({{(vector<8xf32>, ){7}vector<8xf32>}})
func.func @long(%x: memref<1x29x144x8xf32>, %w: memref<2x1x8x8xf32>, %b: memref<2x1x8xf32>, %y: memref<1x29x144x8xf32>) {
  kernel.frequency_filter ins(%x : memref<1x29x144x8xf32>)
      weights(%w, %b, %w, %b : memref<2x1x8x8xf32>, memref<2x1x8xf32>, memref<2x1x8x8xf32>, memref<2x1x8xf32>)
      outs(%y : memref<1x29x144x8xf32>)
      hidden {
      ^bb0(%a: f32):
        kernel.yield %a : f32
      } mask {
      ^bb0(%a: f32):
        kernel.yield %a : f32
      }
  return
}

// -----

// The spectrum of 128 by 65 frequencies is too large for a stack: a task takes its part of the memory that is there for
// all. Two blocks of 8 fill a vector of 16, and one a vector of 8.

// CHECK-LABEL: func @large
// CHECK-SAME: %[[SPECTRA:[a-z0-9]+]]: memref<?x532480xf32>
// CHECK: kernel.parallel
// CHECK-NOT: memref<8320x16xf32>
// CHECK-DAG: %[[IMAGE:.*]] = arith.muli %{{.*}}, %c532480
// CHECK-DAG: %[[TASK:.*]] = arith.muli %{{.*}}, %c266240
// CHECK: %[[RE:.*]] = arith.addi %[[IMAGE]], %[[TASK]]
// CHECK: memref.reinterpret_cast %[[SPECTRA]] to offset: [%[[RE]]], sizes: [8320, 16], strides: [16, 1]
// CHECK: %[[IM:.*]] = arith.addi %[[RE]], %c133120
// CHECK: memref.reinterpret_cast %[[SPECTRA]] to offset: [%[[IM]]], sizes: [8320, 16], strides: [16, 1]
// SERIAL-LABEL: func @large
// SERIAL: memref.reinterpret_cast %{{.*}} to offset: [%{{.*}}], sizes: [8320, 8], strides: [8, 1]
func.func @large(%x: memref<?x128x128x32xf32>, %w: memref<2x4x8x8xf32>, %b: memref<2x4x8xf32>,
                 %s: memref<?x532480xf32>, %y: memref<?x128x128x32xf32>) {
  kernel.frequency_filter ins(%x : memref<?x128x128x32xf32>)
      weights(%w, %b, %w, %b : memref<2x4x8x8xf32>, memref<2x4x8xf32>, memref<2x4x8x8xf32>, memref<2x4x8xf32>)
      outs(%y : memref<?x128x128x32xf32>) spectrum(%s : memref<?x532480xf32>)
      hidden {
      ^bb0(%a: f32):
        kernel.yield %a : f32
      } mask {
      ^bb0(%a: f32):
        kernel.yield %a : f32
      }
  return
}
