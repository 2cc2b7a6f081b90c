// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-filters{vector-bytes=64 registers=32},canonicalize,cse))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-filters{parallel=false},canonicalize,cse))' | FileCheck %s --check-prefix=SERIAL

// Blocks of 12 channels: four of them fill three vectors of 16, so that two tasks an image share eight blocks. A task has
// the two parts of a spectrum of 6 x 4 frequencies, its folds, and what is between the products.

// CHECK-LABEL: func @filter
// CHECK: %[[N:.*]] = memref.dim
// CHECK: %[[TASKS:.*]] = arith.muli %[[N]], %c2
// CHECK: kernel.parallel %[[TASKS]] grain
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<24x48xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<24x48xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<16x16xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<28x16xf32>
// Columns of 6 are 3 folded terms; each gives the sums of 4 frequencies, of cosines and of sines.
// CHECK: scf.for {{.*}} to %c4 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){7}vector<16xf32>}})
// Rows are complex: four sums for each of 4 frequencies.
// CHECK: scf.for {{.*}} to %c4 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){15}vector<16xf32>}})
// The products, at 14 frequencies; the regions run on vectors, and on the last ten frequencies too.
// CHECK: scf.for {{.*}} to %c12 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){27}vector<16xf32>}})
// CHECK: math.tanh %{{.*}} : vector<16xf32>
// CHECK: math.absf %{{.*}} : vector<16xf32>
// CHECK: scf.for {{.*}} to %c12 step %c1 iter_args({{.*}}) -> ({{(vector<16xf32>, ){19}vector<16xf32>}})
// SERIAL-LABEL: func @filter
// SERIAL-NOT: kernel.parallel
// SERIAL: math.tanh %{{.*}} : vector<8xf32>
func.func @filter(%x: memref<?x6x6x96xf32>, %w: memref<2x8x12x12xf32>, %b: memref<2x8x12xf32>, %t: memref<4x4xf32>,
                  %y: memref<?x6x6x96xf32>) {
  kernel.frequency_filter ins(%x : memref<?x6x6x96xf32>)
      weights(%w, %b, %w, %b : memref<2x8x12x12xf32>, memref<2x8x12xf32>, memref<2x8x12x12xf32>, memref<2x8x12xf32>)
      tables(%t, %t, %t, %t, %t, %t : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>,
                                      memref<4x4xf32>, memref<4x4xf32>)
      outs(%y : memref<?x6x6x96xf32>)
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
