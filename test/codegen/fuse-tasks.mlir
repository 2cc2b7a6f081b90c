// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-fuse-tasks{second-cache-bytes=131072}),cse)' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-fuse-tasks{second-cache-bytes=131072}),cse,func.func(lathe-fuse-tasks{second-cache-bytes=131072}),cse)' | FileCheck %s

// A product for each of many small matrices, its sum, and what is scaled by it:
// all are of one task, of which the last alone is stored for others. The task's
// index ends where the sum's do, before the 32 x 64.

// CHECK-LABEL: func @chain
// CHECK: %[[N:.*]] = tensor.dim %arg0
// CHECK: %[[ALL:.*]] = scf.forall (%[[I:.*]], %[[J:.*]]) in (%[[N]], 16) shared_outs(%[[OUT:.*]] = %{{.*}}) -> (tensor<?x16x32x64xf32>) {
// CHECK-DAG: %[[X:.*]] = tensor.extract_slice %arg0[%[[I]], %[[J]], 0, 0] [1, 1, 32, 8] [1, 1, 1, 1] : tensor<?x16x32x8xf32> to tensor<1x1x32x8xf32>
// CHECK-DAG: %[[M:.*]] = tensor.extract_slice %arg1[%[[J]], 0, 0] [1, 8, 64] [1, 1, 1] : tensor<16x8x64xf32> to tensor<1x8x64xf32>
// CHECK-DAG: %[[EMPTY:.*]] = tensor.empty() : tensor<1x1x32x64xf32>
// CHECK: %[[F:.*]] = kernel.nest ins(%[[X]], %[[M]], %arg2 : {{.*}}) outs(%[[EMPTY]] : tensor<1x1x32x64xf32>)
// CHECK: %[[S:.*]] = kernel.nest ins(%[[F]] : {{.*}}) outs(%{{.*}} : tensor<1x1xf32>)
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[F]] {{\[}}[0], [1], [2, 3]] : tensor<1x1x32x64xf32> into tensor<1x1x2048xf32>
// CHECK: %[[BACK:.*]] = tensor.expand_shape %[[FLAT]]
// CHECK: %[[PLACE:.*]] = tensor.extract_slice %[[OUT]][%[[I]], %[[J]], 0, 0] [1, 1, 32, 64]
// CHECK: %[[G:.*]] = kernel.nest ins(%[[BACK]], %[[S]] : {{.*}}) outs(%[[PLACE]] : tensor<1x1x32x64xf32>)
// CHECK: scf.forall.in_parallel {
// CHECK-NEXT: tensor.parallel_insert_slice %[[G]] into %[[OUT]][%[[I]], %[[J]], 0, 0]
// CHECK-NOT: tensor.parallel_insert_slice
// CHECK: return %[[ALL]]
#x = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
#m = affine_map<(d0, d1, d2, d3, d4) -> (d1, d4, d3)>
#c = affine_map<(d0, d1, d2, d3, d4) -> (d3)>
#y = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#task = affine_map<(d0, d1, d2, d3) -> (d0, d1)>
func.func @chain(%x: tensor<?x16x32x8xf32>, %m: tensor<16x8x64xf32>, %c: tensor<64xf32>) -> tensor<?x16x32x64xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x16x32x8xf32>
  %e = tensor.empty(%n) : tensor<?x16x32x64xf32>
  %f = kernel.nest ins(%x, %m, %c : tensor<?x16x32x8xf32>, tensor<16x8x64xf32>, tensor<64xf32>) outs(%e : tensor<?x16x32x64xf32>)
      {indexing_maps = [#x, #m, #c, #y], reductions = array<i1: false, false, false, false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %b: f32, %s: f32, %sum: f32):
        %p = arith.mulf %a, %b : f32
        %t = arith.addf %sum, %p : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %b: f32, %s: f32, %sum: f32):
        %t = arith.addf %sum, %s : f32
        kernel.yield %t : f32
      } -> tensor<?x16x32x64xf32>
  %es = tensor.empty(%n) : tensor<?x16xf32>
  %s = kernel.nest ins(%f : tensor<?x16x32x64xf32>) outs(%es : tensor<?x16xf32>)
      {indexing_maps = [#id, #task], reductions = array<i1: false, false, true, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %sum, %a : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<?x16xf32>
  %flat = tensor.collapse_shape %f [[0], [1], [2, 3]] : tensor<?x16x32x64xf32> into tensor<?x16x2048xf32>
  %back = tensor.expand_shape %flat [[0], [1], [2, 3]] output_shape [%n, 16, 32, 64] : tensor<?x16x2048xf32> into tensor<?x16x32x64xf32>
  %g = kernel.nest ins(%back, %s : tensor<?x16x32x64xf32>, tensor<?x16xf32>) outs(%e : tensor<?x16x32x64xf32>)
      {indexing_maps = [#id, #task, #id], reductions = array<i1: false, false, false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<?x16x32x64xf32>
  return %g : tensor<?x16x32x64xf32>
}

// -----

// What others need is stored for them, too, and a reshape for others stays
// outside. What depends on it comes behind the tasks.

// CHECK-LABEL: func @escapes
// CHECK: %[[ALL:.*]]:2 = scf.forall (%{{.*}}) in (32)
// CHECK-COUNT-3: kernel.nest
// CHECK-COUNT-2: tensor.parallel_insert_slice
// CHECK: tensor.expand_shape %[[ALL]]#{{[01]}} {{\[}}[0, 1], [2]] output_shape [4, 8, 2048]
// CHECK-NOT: kernel.nest
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @escapes(%x: tensor<32x2048xf32>, %v: tensor<32xf32>) -> (tensor<4x8x2048xf32>, tensor<32x2048xf32>) {
  %e = tensor.empty() : tensor<32x2048xf32>
  %es = tensor.empty() : tensor<32xf32>
  %f = kernel.nest ins(%x, %v : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  %r = tensor.expand_shape %f [[0, 1], [2]] output_shape [4, 8, 2048] : tensor<32x2048xf32> into tensor<4x8x2048xf32>
  %s = kernel.nest ins(%f : tensor<32x2048xf32>) outs(%es : tensor<32xf32>)
      {indexing_maps = [#id, #row], reductions = array<i1: false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %sum, %a : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<32xf32>
  %g = kernel.nest ins(%f, %s : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  return %r, %g : tensor<4x8x2048xf32>, tensor<32x2048xf32>
}

// -----

// Half of a concatenation comes from elsewhere: a task has its part of both.

// CHECK-LABEL: func @concatenates
// CHECK: scf.forall (%[[I:.*]]) in (32)
// CHECK: %[[F:.*]] = kernel.nest {{.*}} outs(%{{.*}} : tensor<1x2048xf32>)
// CHECK-DAG: %[[OTHER:.*]] = tensor.extract_slice %arg2[%[[I]], 0] [1, 48]
// CHECK-DAG: %[[EMPTY:.*]] = tensor.empty() : tensor<1x2096xf32>
// CHECK: %[[HALF:.*]] = tensor.insert_slice %[[OTHER]] into %[[EMPTY]][0, 2048] [1, 48]
// CHECK: %[[BOTH:.*]] = tensor.insert_slice %[[F]] into %[[HALF]][0, 0] [1, 2048]
// CHECK: %[[PART:.*]] = tensor.extract_slice %[[BOTH]][0, 24] [1, 2048]
// CHECK: kernel.nest ins(%[[PART]] :
// CHECK-NOT: tensor.insert_slice
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @concatenates(%x: tensor<32x2048xf32>, %v: tensor<32xf32>, %other: tensor<32x48xf32>) -> tensor<32xf32> {
  %e = tensor.empty() : tensor<32x2048xf32>
  %es = tensor.empty() : tensor<32xf32>
  %both = tensor.empty() : tensor<32x2096xf32>
  %half = tensor.insert_slice %other into %both[0, 2048] [32, 48] [1, 1] : tensor<32x48xf32> into tensor<32x2096xf32>
  %f = kernel.nest ins(%x, %v : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  %whole = tensor.insert_slice %f into %half[0, 0] [32, 2048] [1, 1] : tensor<32x2048xf32> into tensor<32x2096xf32>
  %part = tensor.extract_slice %whole[0, 24] [32, 2048] [1, 1] : tensor<32x2096xf32> to tensor<32x2048xf32>
  %s = kernel.nest ins(%part : tensor<32x2048xf32>) outs(%es : tensor<32xf32>)
      {indexing_maps = [#id, #row], reductions = array<i1: false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %sum, %a : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<32xf32>
  return %s : tensor<32xf32>
}

// -----

// A nest that neither follows from the first one nor is needed by what does is
// computed apart.

// CHECK-LABEL: func @others
// CHECK: kernel.nest {{.*}} outs(%{{.*}} : tensor<32x2048xf32>)
// CHECK: scf.forall
// CHECK-COUNT-3: kernel.nest
// CHECK-NOT: kernel.nest
// CHECK: scf.forall.in_parallel
// CHECK-NOT: kernel.nest
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @others(%x: tensor<32x2048xf32>, %v: tensor<32xf32>) -> (tensor<32x2048xf32>, tensor<32x2048xf32>) {
  %e = tensor.empty() : tensor<32x2048xf32>
  %es = tensor.empty() : tensor<32xf32>
  %f = kernel.nest ins(%x, %v : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  %s = kernel.nest ins(%f : tensor<32x2048xf32>) outs(%es : tensor<32xf32>)
      {indexing_maps = [#id, #row], reductions = array<i1: false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %sum, %a : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<32xf32>
  %h = kernel.nest ins(%x, %v : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.mulf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  %g = kernel.nest ins(%f, %s : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  return %g, %h : tensor<32x2048xf32>, tensor<32x2048xf32>
}

// -----

// Another row than the task's own is read: not before all tasks are done.

// CHECK-LABEL: func @otherRows
// CHECK-NOT: scf.forall
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#reversed = affine_map<(d0, d1) -> (31 - d0, d1)>
func.func @otherRows(%x: tensor<32x2048xf32>, %v: tensor<32xf32>) -> tensor<32xf32> {
  %e = tensor.empty() : tensor<32x2048xf32>
  %es = tensor.empty() : tensor<32xf32>
  %f = kernel.nest ins(%x, %v : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  %s = kernel.nest ins(%f : tensor<32x2048xf32>) outs(%es : tensor<32xf32>)
      {indexing_maps = [#reversed, #row], reductions = array<i1: false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %sum, %a : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<32xf32>
  return %s : tensor<32xf32>
}

// -----

// Columns of the tasks' dimension: every task would need all.

// CHECK-LABEL: func @transposed
// CHECK-NOT: scf.forall
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#transposed = affine_map<(d0, d1) -> (d1, d0)>
func.func @transposed(%x: tensor<512x512xf32>, %v: tensor<512xf32>) -> tensor<512xf32> {
  %e = tensor.empty() : tensor<512x512xf32>
  %es = tensor.empty() : tensor<512xf32>
  %f = kernel.nest ins(%x, %v : tensor<512x512xf32>, tensor<512xf32>) outs(%e : tensor<512x512xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<512x512xf32>
  %s = kernel.nest ins(%f : tensor<512x512xf32>) outs(%es : tensor<512xf32>)
      {indexing_maps = [#transposed, #row], reductions = array<i1: false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %sum, %a : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<512xf32>
  return %s : tensor<512xf32>
}

// -----

// The second-level cache holds all that is passed on.

// CHECK-LABEL: func @small
// CHECK-NOT: scf.forall
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @small(%x: tensor<15x2048xf32>, %v: tensor<15xf32>) -> tensor<15x2048xf32> {
  %e = tensor.empty() : tensor<15x2048xf32>
  %es = tensor.empty() : tensor<15xf32>
  %f = kernel.nest ins(%x, %v : tensor<15x2048xf32>, tensor<15xf32>) outs(%e : tensor<15x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<15x2048xf32>
  %s = kernel.nest ins(%f : tensor<15x2048xf32>) outs(%es : tensor<15xf32>)
      {indexing_maps = [#id, #row], reductions = array<i1: false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %sum, %a : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<15xf32>
  %g = kernel.nest ins(%f, %s : tensor<15x2048xf32>, tensor<15xf32>) outs(%e : tensor<15x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<15x2048xf32>
  return %g : tensor<15x2048xf32>
}

// -----

// A task needs more than it holds.

// CHECK-LABEL: func @large
// CHECK-NOT: scf.forall
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @large(%x: tensor<32x4096xf32>, %v: tensor<32xf32>) -> tensor<32x4096xf32> {
  %e = tensor.empty() : tensor<32x4096xf32>
  %es = tensor.empty() : tensor<32xf32>
  %f = kernel.nest ins(%x, %v : tensor<32x4096xf32>, tensor<32xf32>) outs(%e : tensor<32x4096xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x4096xf32>
  %s = kernel.nest ins(%f : tensor<32x4096xf32>) outs(%es : tensor<32xf32>)
      {indexing_maps = [#id, #row], reductions = array<i1: false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %sum, %a : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<32xf32>
  %g = kernel.nest ins(%f, %s : tensor<32x4096xf32>, tensor<32xf32>) outs(%e : tensor<32x4096xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x4096xf32>
  return %g : tensor<32x4096xf32>
}

// -----

// Weights that all tasks read stay where many rows read them once, and tasks
// of which a nest needs to know the number are its own.

// CHECK-LABEL: func @shared
// CHECK-NOT: scf.forall
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#left = affine_map<(d0, d1, d2) -> (d0, d2)>
#right = affine_map<(d0, d1, d2) -> (d2, d1)>
#out = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @shared(%x: tensor<32x2048xf32>, %v: tensor<32xf32>, %w: tensor<2048x16xf32>) -> (tensor<32x16xf32>, tensor<32x2048xf32>) {
  %e = tensor.empty() : tensor<32x2048xf32>
  %es = tensor.empty() : tensor<32xf32>
  %ey = tensor.empty() : tensor<32x16xf32>
  %f = kernel.nest ins(%x, %v : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %t = arith.divf %a, %b : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  %y = kernel.nest ins(%f, %w : tensor<32x2048xf32>, tensor<2048x16xf32>) outs(%ey : tensor<32x16xf32>)
      {indexing_maps = [#left, #right, #out], reductions = array<i1: false, false, true>, init = 0.0 : f32}
      reduce {
      ^bb0(%a: f32, %b: f32, %sum: f32):
        %p = arith.mulf %a, %b : f32
        %t = arith.addf %sum, %p : f32
        kernel.yield %t : f32
      } finish {
      ^bb0(%a: f32, %b: f32, %sum: f32):
        kernel.yield %sum : f32
      } -> tensor<32x16xf32>
  %i = kernel.nest ins(%f, %v : tensor<32x2048xf32>, tensor<32xf32>) outs(%e : tensor<32x2048xf32>)
      {indexing_maps = [#id, #row, #id], reductions = array<i1: false, false>, init = 0.0 : f32}
      reduce {
      } finish {
      ^bb0(%a: f32, %b: f32, %none: f32):
        %n = kernel.index 0
        %k = arith.index_cast %n : index to i64
        %r = arith.sitofp %k : i64 to f32
        %t = arith.mulf %a, %r : f32
        kernel.yield %t : f32
      } -> tensor<32x2048xf32>
  return %y, %i : tensor<32x16xf32>, tensor<32x2048xf32>
}
