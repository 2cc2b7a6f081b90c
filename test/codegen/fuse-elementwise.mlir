// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-fuse-elementwise))' | FileCheck %s

// CHECK-LABEL: func @chain
// CHECK: linalg.generic
// CHECK: arith.negf
// CHECK: arith.mulf
// CHECK-NOT: linalg.generic
#one = affine_map<(d0) -> (d0)>
func.func @chain(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %a = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%p: f32, %o: f32):
      %0 = arith.negf %p : f32
      linalg.yield %0 : f32
  } -> tensor<4xf32>
  %b = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]} ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%p: f32, %o: f32):
      %0 = arith.mulf %p, %p : f32
      linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %b : tensor<4xf32>
}

// -----

// A value that is stretched would be computed once a row: it stays apart.

// CHECK-LABEL: func @stretched
// CHECK: linalg.generic
// CHECK: linalg.generic
#one = affine_map<(d0) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>
#col = affine_map<(d0, d1) -> (d1)>
func.func @stretched(%x: tensor<4xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %f = tensor.empty() : tensor<8x4xf32>
  %a = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%p: f32, %o: f32):
      %0 = arith.negf %p : f32
      linalg.yield %0 : f32
  } -> tensor<4xf32>
  %b = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %a : tensor<8x4xf32>, tensor<4xf32>) outs(%f : tensor<8x4xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %0 = arith.addf %p, %q : f32
      linalg.yield %0 : f32
  } -> tensor<8x4xf32>
  return %b : tensor<8x4xf32>
}

// -----

// What decodes becomes part of every op that reads it, reductions too: nothing writes what was decoded.

// CHECK-LABEL: func @decoded
// CHECK-NOT: lathe.decodes
// CHECK: linalg.generic {{.*}}"reduction"{{.*}} ins(%arg0, %arg1 :
// CHECK: arith.sitofp
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%arg1 :
// CHECK: arith.sitofp
// CHECK: arith.negf
#id = affine_map<(d0, d1) -> (d0, d1)>
#x = affine_map<(d0, d1) -> (d1)>
#y = affine_map<(d0, d1) -> (d0)>
func.func @decoded(%x: tensor<4xf32>, %q: tensor<8x4xi8>) -> (tensor<8xf32>, tensor<8x4xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x4xf32>
  %f = tensor.empty() : tensor<8xf32>
  %w = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<8x4xi8>) outs(%e : tensor<8x4xf32>) attrs = {lathe.decodes} {
    ^bb0(%c: i8, %o: f32):
      %0 = arith.sitofp %c : i8 to f32
      linalg.yield %0 : f32
  } -> tensor<8x4xf32>
  %g = linalg.fill ins(%z : f32) outs(%f : tensor<8xf32>) -> tensor<8xf32>
  %a = linalg.generic {indexing_maps = [#x, #id, #y], iterator_types = ["parallel", "reduction"]} ins(%x, %w : tensor<4xf32>, tensor<8x4xf32>) outs(%g : tensor<8xf32>) {
    ^bb0(%p: f32, %c: f32, %o: f32):
      %0 = arith.mulf %p, %c : f32
      %1 = arith.addf %o, %0 : f32
      linalg.yield %1 : f32
  } -> tensor<8xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%w : tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) {
    ^bb0(%c: f32, %o: f32):
      %0 = arith.negf %c : f32
      linalg.yield %0 : f32
  } -> tensor<8x4xf32>
  return %a, %b : tensor<8xf32>, tensor<8x4xf32>
}

// A reduction takes what it alone reads, once: but not what another reduction's sums could be given to.

// CHECK-LABEL: func @reduced
// CHECK-NOT: linalg.generic
// CHECK: linalg.generic {{.*}}"reduction"{{.*}} ins(%arg0 :
// CHECK-NEXT: ^bb0
// CHECK-NEXT: math.absf
// CHECK-NEXT: arith.maximumf
// CHECK: linalg.generic {{.*}}["parallel", "parallel"]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: math.exp
// CHECK: linalg.generic {{.*}}["parallel", "reduction"]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.maximumf
func.func @reduced(%x: tensor<8x4xf32>, %y: tensor<8x4x3xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x4xf32>
  %f = tensor.empty() : tensor<8xf32>
  %g = linalg.fill ins(%z : f32) outs(%f : tensor<8xf32>) -> tensor<8xf32>
  %h = linalg.fill ins(%z : f32) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  %w = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) {
    ^bb0(%c: f32, %o: f32):
      %0 = math.absf %c : f32
      linalg.yield %0 : f32
  } -> tensor<8x4xf32>
  %a = linalg.generic {indexing_maps = [#id, #y], iterator_types = ["parallel", "reduction"]} ins(%w : tensor<8x4xf32>) outs(%g : tensor<8xf32>) {
    ^bb0(%c: f32, %o: f32):
      %0 = arith.maximumf %o, %c : f32
      linalg.yield %0 : f32
  } -> tensor<8xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%y : tensor<8x4x3xf32>) outs(%h : tensor<8x4xf32>) {
    ^bb0(%c: f32, %o: f32):
      %0 = arith.addf %o, %c : f32
      linalg.yield %0 : f32
  } -> tensor<8x4xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%s : tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) {
    ^bb0(%c: f32, %o: f32):
      %0 = math.exp %c : f32
      linalg.yield %0 : f32
  } -> tensor<8x4xf32>
  %b = linalg.generic {indexing_maps = [#id, #y], iterator_types = ["parallel", "reduction"]} ins(%t : tensor<8x4xf32>) outs(%g : tensor<8xf32>) {
    ^bb0(%c: f32, %o: f32):
      %0 = arith.maximumf %o, %c : f32
      linalg.yield %0 : f32
  } -> tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// -----

// It leaves what follows a product of narrow numbers to that, too.

// CHECK-LABEL: func @product
// CHECK: kernel.dot_product
// CHECK: linalg.generic {{.*}}["parallel", "parallel", "parallel"]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: math.exp
// CHECK: linalg.generic {{.*}}["parallel", "parallel", "reduction"]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.maximumf
func.func @product(%q: tensor<6x64xbf16>, %u: tensor<1x32x64xbf16>) -> tensor<2x3xf32> {
  %z = arith.constant 0.0 : f32
  %p = tensor.empty() : tensor<6x32xf32>
  %e = tensor.empty() : tensor<2x3x32xf32>
  %f = tensor.empty() : tensor<2x3xf32>
  %g = linalg.fill ins(%z : f32) outs(%f : tensor<2x3xf32>) -> tensor<2x3xf32>
  %s = kernel.dot_product rows(%q : tensor<6x64xbf16>) weights(%u : tensor<1x32x64xbf16>) outs(%p : tensor<6x32xf32>) -> tensor<6x32xf32>
  %x = tensor.expand_shape %s [[0, 1], [2]] output_shape [2, 3, 32] : tensor<6x32xf32> into tensor<2x3x32xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : tensor<2x3x32xf32>) outs(%e : tensor<2x3x32xf32>) {
    ^bb0(%c: f32, %o: f32):
      %0 = math.exp %c : f32
      linalg.yield %0 : f32
  } -> tensor<2x3x32xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%t : tensor<2x3x32xf32>) outs(%g : tensor<2x3xf32>) {
    ^bb0(%c: f32, %o: f32):
      %0 = arith.maximumf %o, %c : f32
      linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  return %b : tensor<2x3xf32>
}
