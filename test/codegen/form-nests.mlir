// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-form-nests))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-form-nests{fuse-epilogues=false}))' | FileCheck %s --check-prefix=APART

// A product and the elementwise op that is its only user become one nest; the
// bias is read in the finish region only.

// CHECK: #[[BIAS:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-LABEL: func @epilogue
// CHECK: kernel.nest ins(%arg0, %arg1, %arg2 :
// CHECK-SAME: indexing_maps = [{{.*}}, {{.*}}, #[[BIAS]], {{.*}}]
// CHECK-SAME: init = 0.000000e+00 : f32
// CHECK-SAME: reductions = array<i1: false, false, true>
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: } finish {
// CHECK: arith.addf
// CHECK: arith.maximumf
// CHECK-NOT: kernel.nest
// Left alone, they are two.
// APART-LABEL: func @epilogue
// APART: kernel.nest
// APART: kernel.nest
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
#id = affine_map<(d0, d1) -> (d0, d1)>
#col = affine_map<(d0, d1) -> (d1)>
func.func @epilogue(%x: tensor<4x5xf32>, %w: tensor<5x6xf32>, %bias: tensor<6xf32>) -> tensor<4x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x6xf32>) -> tensor<4x6xf32>
  %m = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x5xf32>, tensor<5x6xf32>) outs(%f : tensor<4x6xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %o, %0 : f32
      linalg.yield %1 : f32
  } -> tensor<4x6xf32>
  %r = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]}
      ins(%m, %bias : tensor<4x6xf32>, tensor<6xf32>) outs(%e : tensor<4x6xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %0 = arith.addf %p, %q : f32
      %1 = arith.maximumf %0, %zero : f32
      linalg.yield %1 : f32
  } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

// The reduction's result is used twice: no epilogue.

// The first stores into what was to be filled: it starts from `init`.

// CHECK-LABEL: func @twice
// APART-LABEL: func @twice
// CHECK: %[[EMPTY:.*]] = tensor.empty
// CHECK: kernel.nest ins(%{{.*}}) outs(%[[EMPTY]] :
// CHECK: kernel.nest
#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#one = affine_map<(d0) -> (d0)>
func.func @twice(%x: tensor<4x5xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %m = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x5xf32>) outs(%f : tensor<4xf32>) {
    ^bb0(%p: f32, %o: f32):
      %0 = arith.addf %o, %p : f32
      linalg.yield %0 : f32
  } -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]}
      ins(%m : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%p: f32, %o: f32):
      %0 = arith.negf %p : f32
      linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %m, %r : tensor<4xf32>, tensor<4xf32>
}

// -----

// A reduction that continues from a tensor is no nest: it has no constant to
// start from.

// CHECK-LABEL: func @continues
// CHECK-NOT: kernel.nest
// CHECK: linalg.generic
#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @continues(%x: tensor<4x5xf32>, %from: tensor<4xf32>) -> tensor<4xf32> {
  %m = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x5xf32>) outs(%from : tensor<4xf32>) {
    ^bb0(%p: f32, %o: f32):
      %0 = arith.addf %o, %p : f32
      linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %m : tensor<4xf32>
}
