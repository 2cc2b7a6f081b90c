// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-fuse-kernel-epilogues,canonicalize))' | FileCheck %s

#all = affine_map<(a, b, n) -> (a, b, n)>
#column = affine_map<(a, b, n) -> (n)>
#row = affine_map<(a, b, n) -> (a, b)>

// A bias, a residual and a factor of each row, read through a reshape, are the product's extras; the result may be
// narrower.

// CHECK: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK: #[[BOTH:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @all
// CHECK-DAG: %[[R:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]] : tensor<2x?x32xf32> into tensor<?x32xf32>
// CHECK-DAG: %[[S:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<2x?xf32> into tensor<?xf32>
// CHECK: kernel.dot_product
// CHECK-SAME: extras(%{{.*}}, %[[R]], %[[S]] : tensor<32xf32>, tensor<?x32xf32>, tensor<?xf32>) outs(%{{.*}} : tensor<?x32xbf16>)
// CHECK-SAME: {extra_maps = [#[[COLUMN]], #[[BOTH]], #[[ROW]]]} finish {
// CHECK-NEXT: ^bb0(%[[BIAS:.*]]: f32, %[[RESIDUAL:.*]]: f32, %[[FACTOR:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT: arith.addf %[[SUM]], %[[BIAS]]
// CHECK-NEXT: arith.mulf %{{.*}}, %[[FACTOR]]
// CHECK-NEXT: arith.addf %{{.*}}, %[[RESIDUAL]]
// CHECK: tensor.expand_shape
// CHECK-NOT: linalg.generic
func.func @all(%q: tensor<?x64xbf16>, %u: tensor<1x32x64xbf16>, %bias: tensor<32xf32>, %r: tensor<2x?x32xf32>, %s: tensor<2x?xf32>,
               %e: tensor<?x32xf32>, %o: tensor<2x?x32xbf16>, %half: index) -> tensor<2x?x32xbf16> {
  %y = kernel.dot_product rows(%q : tensor<?x64xbf16>) weights(%u : tensor<1x32x64xbf16>) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
  %x = tensor.expand_shape %y [[0, 1], [2]] output_shape [2, %half, 32] : tensor<?x32xf32> into tensor<2x?x32xf32>
  %z = linalg.generic {indexing_maps = [#column, #all, #all, #row, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%bias, %x, %r, %s : tensor<32xf32>, tensor<2x?x32xf32>, tensor<2x?x32xf32>, tensor<2x?xf32>) outs(%o : tensor<2x?x32xbf16>) {
  ^bb0(%b: f32, %sum: f32, %residual: f32, %scale: f32, %out: bf16):
    %0 = arith.addf %sum, %b : f32
    %1 = arith.mulf %0, %scale : f32
    %2 = arith.addf %1, %residual : f32
    %3 = arith.truncf %2 : f32 to bf16
    linalg.yield %3 : bf16
  } -> tensor<2x?x32xbf16>
  return %z : tensor<2x?x32xbf16>
}

// -----

// Of two products the last one takes the other's result.

#all = affine_map<(m, n) -> (m, n)>

// CHECK-LABEL: func @gate
// CHECK-SAME: %[[Q:.*]]: tensor<3x64xbf16>, %[[U:.*]]: tensor<1x32x64xbf16>, %[[V:.*]]: tensor<1x32x64xbf16>
// CHECK: %[[GATE:.*]] = kernel.dot_product rows(%[[Q]] : {{.*}}) weights(%[[U]] : {{.*}}) outs(%{{.*}}) ->
// CHECK: kernel.dot_product rows(%[[Q]] : {{.*}}) weights(%[[V]] : {{.*}}) extras(%[[GATE]] : tensor<3x32xf32>)
// CHECK: arith.mulf
// CHECK-NOT: linalg.generic
func.func @gate(%q: tensor<3x64xbf16>, %u: tensor<1x32x64xbf16>, %v: tensor<1x32x64xbf16>, %e: tensor<3x32xf32>) -> tensor<3x32xf32> {
  %y = kernel.dot_product rows(%q : tensor<3x64xbf16>) weights(%u : tensor<1x32x64xbf16>) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %x = kernel.dot_product rows(%q : tensor<3x64xbf16>) weights(%v : tensor<1x32x64xbf16>) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %z = linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%y, %x : tensor<3x32xf32>, tensor<3x32xf32>) outs(%e : tensor<3x32xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x32xf32>
  return %z : tensor<3x32xf32>
}

// -----

// Not what reads some rows only, what has other readers, what computes with places, and what transposes.

#all = affine_map<(m, n) -> (m, n)>
#turned = affine_map<(m, n) -> (n, m)>

// CHECK-LABEL: func @kept
// CHECK-NOT: finish
// CHECK: return
func.func @kept(%q: tensor<32x64xbf16>, %u: tensor<1x32x64xbf16>, %w: tensor<4x8x32xf32>, %t: tensor<8x32xf32>, %e: tensor<32x32xf32>)
    -> (tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>, tensor<4x8x32xf32>) {
  %read = kernel.dot_product rows(%q : tensor<32x64xbf16>) weights(%u : tensor<1x32x64xbf16>) outs(%e : tensor<32x32xf32>) -> tensor<32x32xf32>
  %0 = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%read : tensor<32x32xf32>) outs(%e : tensor<32x32xf32>) {
  ^bb0(%a: f32, %out: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<32x32xf32>
  %placed = kernel.dot_product rows(%q : tensor<32x64xbf16>) weights(%u : tensor<1x32x64xbf16>) outs(%e : tensor<32x32xf32>) -> tensor<32x32xf32>
  %1 = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%placed : tensor<32x32xf32>) outs(%e : tensor<32x32xf32>) {
  ^bb0(%a: f32, %out: f32):
    %i = linalg.index 0 : index
    %j = arith.index_cast %i : index to i32
    %f = arith.sitofp %j : i32 to f32
    %n = arith.addf %a, %f : f32
    linalg.yield %n : f32
  } -> tensor<32x32xf32>
  %columns = kernel.dot_product rows(%q : tensor<32x64xbf16>) weights(%u : tensor<1x32x64xbf16>) outs(%e : tensor<32x32xf32>) -> tensor<32x32xf32>
  %2 = linalg.generic {indexing_maps = [#turned, #all], iterator_types = ["parallel", "parallel"]}
      ins(%columns : tensor<32x32xf32>) outs(%e : tensor<32x32xf32>) {
  ^bb0(%a: f32, %out: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<32x32xf32>
  %split = kernel.dot_product rows(%q : tensor<32x64xbf16>) weights(%u : tensor<1x32x64xbf16>) outs(%e : tensor<32x32xf32>) -> tensor<32x32xf32>
  %x = tensor.expand_shape %split [[0, 1], [2]] output_shape [4, 8, 32] : tensor<32x32xf32> into tensor<4x8x32xf32>
  %3 = linalg.generic {indexing_maps = [affine_map<(a, b, n) -> (a, b, n)>, affine_map<(a, b, n) -> (b, n)>, affine_map<(a, b, n) -> (a, b, n)>],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %t : tensor<4x8x32xf32>, tensor<8x32xf32>) outs(%w : tensor<4x8x32xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %n = arith.addf %a, %b : f32
    linalg.yield %n : f32
  } -> tensor<4x8x32xf32>
  return %read, %0, %1, %2, %3 : tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>, tensor<4x8x32xf32>
}

// -----

// A function of f64 is an op of its own, which the processor computes where a device has none.

// CHECK-LABEL: func @wide
// CHECK: kernel.dot_product
// CHECK-NOT: finish
// CHECK: linalg.generic
// CHECK: math.exp
func.func @wide(%q: tensor<3x64xbf16>, %u: tensor<1x32x64xbf16>, %e: tensor<3x32xf32>, %o: tensor<3x32xf64>) -> tensor<3x32xf64> {
  %y = kernel.dot_product rows(%q : tensor<3x64xbf16>) weights(%u : tensor<1x32x64xbf16>) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<3x32xf32>) outs(%o : tensor<3x32xf64>) {
  ^bb0(%sum: f32, %out: f64):
    %0 = arith.extf %sum : f32 to f64
    %1 = math.exp %0 : f64
    linalg.yield %1 : f64
  } -> tensor<3x32xf64>
  return %z : tensor<3x32xf64>
}

// -----

// Dimensions of one element, along which factors are read at 0, are none of an extra's: of a row, of an image and of all.

// CHECK: #[[FEATURE:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK: #[[PIXEL:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d3)>
// CHECK: #[[ONE:.*]] = affine_map<(d0, d1, d2, d3) -> ()>
// CHECK-LABEL: func @units
// CHECK-DAG: %[[S:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<1x?xf32> into tensor<?xf32>
// CHECK-DAG: %[[P:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1, 2], [3]] : tensor<1x8x1x?xf32> into tensor<8x?xf32>
// CHECK-DAG: %[[A:.*]] = tensor.collapse_shape %{{.*}} [] : tensor<1x1xf32> into tensor<f32>
// CHECK: kernel.winograd
// CHECK-SAME: extras(%[[S]], %[[P]], %[[A]] : tensor<?xf32>, tensor<8x?xf32>, tensor<f32>)
// CHECK-SAME: {extra_maps = [#[[FEATURE]], #[[PIXEL]], #[[ONE]]]} finish {
// CHECK-NOT: linalg.generic
#all = affine_map<(n, i, j, f) -> (n, i, j, f)>
#feature = affine_map<(n, i, j, f) -> (0, f)>
#pixel = affine_map<(n, i, j, f) -> (0, i, 0, f)>
#one = affine_map<(n, i, j, f) -> (0, 0)>
func.func @units(%x: tensor<1x10x10x?xf32>, %w: tensor<1x36x8x8xf32>, %s: tensor<1x?xf32>, %p: tensor<1x8x1x?xf32>, %a: tensor<1x1xf32>,
                 %e: tensor<1x8x8x?xf32>) -> tensor<1x8x8x?xf32> {
  %y = kernel.winograd ins(%x : tensor<1x10x10x?xf32>) filters(%w : tensor<1x36x8x8xf32>) outs(%e : tensor<1x8x8x?xf32>) -> tensor<1x8x8x?xf32>
  %z = linalg.generic {indexing_maps = [#all, #feature, #pixel, #one, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%y, %s, %p, %a : tensor<1x8x8x?xf32>, tensor<1x?xf32>, tensor<1x8x1x?xf32>, tensor<1x1xf32>) outs(%e : tensor<1x8x8x?xf32>) {
  ^bb0(%sum: f32, %scale: f32, %place: f32, %both: f32, %out: f32):
    %0 = arith.mulf %sum, %scale : f32
    %1 = arith.addf %0, %place : f32
    %2 = arith.mulf %1, %both : f32
    linalg.yield %2 : f32
  } -> tensor<1x8x8x?xf32>
  return %z : tensor<1x8x8x?xf32>
}

// -----

// What is read at 0 of several elements is a part.

// CHECK-LABEL: func @part
// CHECK: linalg.generic
#all = affine_map<(n, i, j, f) -> (n, i, j, f)>
#feature = affine_map<(n, i, j, f) -> (0, f)>
func.func @part(%x: tensor<1x10x10x8xf32>, %w: tensor<1x36x8x8xf32>, %s: tensor<2x8xf32>, %e: tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> {
  %y = kernel.winograd ins(%x : tensor<1x10x10x8xf32>) filters(%w : tensor<1x36x8x8xf32>) outs(%e : tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %z = linalg.generic {indexing_maps = [#all, #feature, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%y, %s : tensor<1x8x8x8xf32>, tensor<2x8xf32>) outs(%e : tensor<1x8x8x8xf32>) {
  ^bb0(%sum: f32, %scale: f32, %out: f32):
    %0 = arith.mulf %sum, %scale : f32
    linalg.yield %0 : f32
  } -> tensor<1x8x8x8xf32>
  return %z : tensor<1x8x8x8xf32>
}
