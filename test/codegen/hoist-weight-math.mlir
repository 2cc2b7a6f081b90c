// RUN: lathe-opt %s -split-input-file -lathe-hoist-weight-math | FileCheck %s

// The transposed weight becomes a weight of the program, computed by a
// function of its own; what runs reads it ready.

// CHECK: lathe.weight @w : tensor<3x2xf32>
// CHECK: lathe.weight @w.prepared : tensor<2x3xf32> {lathe.prepared_by = @prepare.w, lathe.prepared_from = ["w"]}
// CHECK-LABEL: func @main
// CHECK: %[[P:.*]] = lathe.parameter @w.prepared
// CHECK: linalg.matmul ins(%arg0, %[[P]]
// CHECK-LABEL: func @prepare.w
// CHECK-SAME: %[[W:.*]]: tensor<3x2xf32> {lathe.name = "w0"}
// CHECK-SAME: lathe.prepares
// CHECK: linalg.transpose ins(%[[W]]
lathe.weight @w : tensor<3x2xf32>
func.func @main(%x: tensor<4x2xf32>, %init: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %w = lathe.parameter @w : tensor<3x2xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %t = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
  %r = linalg.matmul ins(%x, %t : tensor<4x2xf32>, tensor<2x3xf32>) outs(%init : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %r : tensor<4x3xf32>
}

// -----

// Of a value and one computed from it, both used at run time, each is hoisted
// from the checkpoint's own tensors.

// CHECK-LABEL: func @main
// CHECK-NOT: linalg.exp
// CHECK: return
// CHECK: func @prepare.w
// CHECK-SAME: lathe.name = "w0"
// CHECK: func @prepare.w
// CHECK-SAME: lathe.name = "w0"
lathe.weight @w : tensor<3xf32>
func.func @main(%x: tensor<3xf32>, %init: tensor<3xf32>) -> tensor<3xf32> {
  %w = lathe.parameter @w : tensor<3xf32>
  %e = tensor.empty() : tensor<3xf32>
  %a = linalg.exp ins(%w : tensor<3xf32>) outs(%e : tensor<3xf32>) -> tensor<3xf32>
  %b = linalg.exp ins(%a : tensor<3xf32>) outs(%e : tensor<3xf32>) -> tensor<3xf32>
  %0 = linalg.add ins(%x, %a : tensor<3xf32>, tensor<3xf32>) outs(%init : tensor<3xf32>) -> tensor<3xf32>
  %1 = linalg.add ins(%0, %b : tensor<3xf32>, tensor<3xf32>) outs(%init : tensor<3xf32>) -> tensor<3xf32>
  return %1 : tensor<3xf32>
}

// -----

// Must not be hoisted: a weight in another shape, a value far larger than the
// weights that it comes from, anything that depends on an input.

// CHECK-LABEL: func @main
// CHECK: lathe.parameter @w
// CHECK: tensor.collapse_shape
// CHECK: linalg.broadcast
// CHECK-NOT: func @prepare
lathe.weight @w : tensor<3x2xf32>
func.func @main(%x: tensor<6xf32>, %y: tensor<50000x6xf32>, %init: tensor<6xf32>) -> (tensor<6xf32>, tensor<50000x6xf32>) {
  %w = lathe.parameter @w : tensor<3x2xf32>
  %c = tensor.collapse_shape %w [[0, 1]] : tensor<3x2xf32> into tensor<6xf32>
  %0 = linalg.add ins(%x, %c : tensor<6xf32>, tensor<6xf32>) outs(%init : tensor<6xf32>) -> tensor<6xf32>
  %e = tensor.empty() : tensor<50000x6xf32>
  %wide = linalg.broadcast ins(%c : tensor<6xf32>) outs(%e : tensor<50000x6xf32>) dimensions = [0]
  %1 = linalg.add ins(%y, %wide : tensor<50000x6xf32>, tensor<50000x6xf32>) outs(%e : tensor<50000x6xf32>) -> tensor<50000x6xf32>
  return %0, %1 : tensor<6xf32>, tensor<50000x6xf32>
}

// -----

// A product is hoisted, however much larger than its factors.

// CHECK-LABEL: func @main
// CHECK-NOT: linalg.matmul
// CHECK: return
// CHECK: func @prepare.s
lathe.weight @s : tensor<300x1xf32>
lathe.weight @t : tensor<1x300xf32>
func.func @main(%x: tensor<300x300xf32>, %init: tensor<300x300xf32>) -> tensor<300x300xf32> {
  %s = lathe.parameter @s : tensor<300x1xf32>
  %t = lathe.parameter @t : tensor<1x300xf32>
  %e = tensor.empty() : tensor<300x300xf32>
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<300x300xf32>) -> tensor<300x300xf32>
  %h = linalg.matmul ins(%s, %t : tensor<300x1xf32>, tensor<1x300xf32>) outs(%f : tensor<300x300xf32>) -> tensor<300x300xf32>
  %0 = linalg.add ins(%x, %h : tensor<300x300xf32>, tensor<300x300xf32>) outs(%init : tensor<300x300xf32>) -> tensor<300x300xf32>
  return %0 : tensor<300x300xf32>
}

// -----

// Nor what calls the runtime: what it reports is an error of a run.

// CHECK-LABEL: func @main
// CHECK: kernel.call @f
// CHECK-NOT: func @prepare
lathe.weight @w : tensor<3xf32>
func.func @main(%x: tensor<3xf32>, %init: tensor<3xf32>) -> tensor<3xf32> {
  %w = lathe.parameter @w : tensor<3xf32>
  %e = tensor.empty() : tensor<3xf32>
  %c = kernel.call @f ins(%w : tensor<3xf32>) outs(%e : tensor<3xf32>) -> tensor<3xf32>
  %0 = linalg.add ins(%x, %c : tensor<3xf32>, tensor<3xf32>) outs(%init : tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// The transpose of a part that an input chooses becomes a part of the whole
// weight's transpose, which is prepared.

// CHECK: lathe.weight @w.prepared : tensor<3x5x4xf32>
// CHECK-LABEL: func @chosen
// CHECK: %[[P:.*]] = lathe.parameter @w.prepared
// CHECK: %[[S:.*]] = tensor.extract_slice %[[P]][%arg1, 0, 0] [1, 5, 4] [1, 1, 1] : tensor<3x5x4xf32> to tensor<5x4xf32>
// CHECK-NOT: linalg.transpose
// CHECK: linalg.matmul ins(%arg0, %[[S]]
lathe.weight @w : tensor<3x4x5xf32>
func.func @chosen(%x: tensor<2x5xf32>, %task: index, %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = lathe.parameter @w : tensor<3x4x5xf32>
  %part = tensor.extract_slice %w[%task, 0, 0] [1, 4, 5] [1, 1, 1] : tensor<3x4x5xf32> to tensor<4x5xf32>
  %e = tensor.empty() : tensor<5x4xf32>
  %t = linalg.transpose ins(%part : tensor<4x5xf32>) outs(%e : tensor<5x4xf32>) permutation = [1, 0]
  %r = linalg.matmul ins(%x, %t : tensor<2x5xf32>, tensor<5x4xf32>) outs(%init : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// Parts whose sizes an input chooses, too.

// CHECK: lathe.weight @w.prepared : tensor<5x4xf32>
// CHECK-LABEL: func @leading
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [5, %arg1] [1, 1] : tensor<5x4xf32> to tensor<5x?xf32>
// CHECK-NOT: linalg.transpose
// CHECK: return
lathe.weight @w : tensor<4x5xf32>
func.func @leading(%x: tensor<2x5xf32>, %size: index, %init: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %w = lathe.parameter @w : tensor<4x5xf32>
  %part = tensor.extract_slice %w[0, 0] [%size, 5] [1, 1] : tensor<4x5xf32> to tensor<?x5xf32>
  %e = tensor.empty(%size) : tensor<5x?xf32>
  %t = linalg.transpose ins(%part : tensor<?x5xf32>) outs(%e : tensor<5x?xf32>) permutation = [1, 0]
  %r = linalg.matmul ins(%x, %t : tensor<2x5xf32>, tensor<5x?xf32>) outs(%init : tensor<2x?xf32>) -> tensor<2x?xf32>
  return %r : tensor<2x?xf32>
}

// -----

// What two entries compute alike is one weight; what they compute otherwise is two.

// CHECK: lathe.weight @w.prepared{{.*}} : tensor<3x2xf32>
// CHECK: lathe.weight @w.prepared : tensor<2x3xf32>
// CHECK-NOT: lathe.weight
// CHECK-LABEL: func @first
// CHECK: lathe.parameter @w.prepared : tensor<2x3xf32>
// CHECK-LABEL: func @second
// CHECK: lathe.parameter @w.prepared : tensor<2x3xf32>
lathe.weight @w : tensor<3x2xf32>
func.func @first(%x: tensor<4x2xf32>, %init: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %w = lathe.parameter @w : tensor<3x2xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %t = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
  %r = linalg.matmul ins(%x, %t : tensor<4x2xf32>, tensor<2x3xf32>) outs(%init : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %r : tensor<4x3xf32>
}
func.func @second(%x: tensor<1x2xf32>, %init: tensor<1x3xf32>, %y: tensor<3x2xf32>) -> (tensor<1x3xf32>, tensor<3x2xf32>) {
  %w = lathe.parameter @w : tensor<3x2xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %t = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
  %r = linalg.matmul ins(%x, %t : tensor<1x2xf32>, tensor<2x3xf32>) outs(%init : tensor<1x3xf32>) -> tensor<1x3xf32>
  %f = tensor.empty() : tensor<3x2xf32>
  %a = linalg.exp ins(%w : tensor<3x2xf32>) outs(%f : tensor<3x2xf32>) -> tensor<3x2xf32>
  %b = linalg.add ins(%y, %a : tensor<3x2xf32>, tensor<3x2xf32>) outs(%f : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %r, %b : tensor<1x3xf32>, tensor<3x2xf32>
}

// -----

// Layers that differ in their weights alone share a function.

// CHECK: lathe.weight @a.prepared : tensor<2x3xf32> {lathe.prepared_by = @[[F:.*]], lathe.prepared_from = ["a"]}
// CHECK: lathe.weight @b.prepared : tensor<2x3xf32> {lathe.prepared_by = @[[F]], lathe.prepared_from = ["b"]}
// CHECK: lathe.weight @c.prepared : tensor<3x2xf32> {lathe.prepared_by = @prepare.c, lathe.prepared_from = ["c"]}
// CHECK-COUNT-2: func @prepare
// CHECK-NOT: func @prepare
lathe.weight @a : tensor<3x2xf32>
lathe.weight @b : tensor<3x2xf32>
lathe.weight @c : tensor<2x3xf32>
func.func @main(%x: tensor<4x2xf32>, %init: tensor<4x3xf32>, %back: tensor<4x2xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x2xf32>) {
  %a = lathe.parameter @a : tensor<3x2xf32>
  %b = lathe.parameter @b : tensor<3x2xf32>
  %c = lathe.parameter @c : tensor<2x3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %f = tensor.empty() : tensor<3x2xf32>
  %ta = linalg.transpose ins(%a : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
  %tb = linalg.transpose ins(%b : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
  %tc = linalg.transpose ins(%c : tensor<2x3xf32>) outs(%f : tensor<3x2xf32>) permutation = [1, 0]
  %0 = linalg.matmul ins(%x, %ta : tensor<4x2xf32>, tensor<2x3xf32>) outs(%init : tensor<4x3xf32>) -> tensor<4x3xf32>
  %1 = linalg.matmul ins(%x, %tb : tensor<4x2xf32>, tensor<2x3xf32>) outs(%init : tensor<4x3xf32>) -> tensor<4x3xf32>
  %2 = linalg.matmul ins(%0, %tc : tensor<4x3xf32>, tensor<3x2xf32>) outs(%back : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0, %1, %2 : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x2xf32>
}

// -----

// What decodes stays, and what it reads is computed when compiling.

// CHECK: lathe.weight @q.prepared : tensor<2x3xi8>
// CHECK: func @main
// CHECK: %[[Q:.*]] = lathe.parameter @q.prepared : tensor<2x3xi8>
// CHECK: linalg.generic {{.*}} ins(%[[Q]] : tensor<2x3xi8>) {{.*}} attrs = {lathe.decodes}
#id = affine_map<(d0, d1) -> (d0, d1)>
lathe.weight @q : tensor<3x2xi8>
func.func @main(%x: tensor<4x2xf32>, %init: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %q = lathe.parameter @q : tensor<3x2xi8>
  %e = tensor.empty() : tensor<2x3xi8>
  %t = linalg.transpose ins(%q : tensor<3x2xi8>) outs(%e : tensor<2x3xi8>) permutation = [1, 0]
  %f = tensor.empty() : tensor<2x3xf32>
  %w = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%t : tensor<2x3xi8>) outs(%f : tensor<2x3xf32>) attrs = {lathe.decodes} {
    ^bb0(%c: i8, %o: f32):
      %0 = arith.sitofp %c : i8 to f32
      linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%init : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}
