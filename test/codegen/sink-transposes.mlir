// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-sink-transposes))' | FileCheck %s

// A transpose moves below an elementwise op and cancels against its inverse.

// CHECK-LABEL: func @cancel
// CHECK-NOT: linalg.transpose
// CHECK: linalg.generic
// CHECK-SAME: ins(%arg0 : tensor<2x5x6x3xf32>)
// CHECK-NOT: linalg.transpose
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
func.func @cancel(%x: tensor<2x5x6x3xf32>) -> tensor<2x5x6x3xf32> {
  %e0 = tensor.empty() : tensor<2x3x5x6xf32>
  %t = linalg.transpose ins(%x : tensor<2x5x6x3xf32>) outs(%e0 : tensor<2x3x5x6xf32>) permutation = [0, 3, 1, 2]
  %e1 = tensor.empty() : tensor<2x3x5x6xf32>
  %m = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%t : tensor<2x3x5x6xf32>) outs(%e1 : tensor<2x3x5x6xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.negf %a : f32
      linalg.yield %0 : f32
  } -> tensor<2x3x5x6xf32>
  %e2 = tensor.empty() : tensor<2x5x6x3xf32>
  %r = linalg.transpose ins(%m : tensor<2x3x5x6xf32>) outs(%e2 : tensor<2x5x6x3xf32>) permutation = [0, 2, 3, 1]
  return %r : tensor<2x5x6x3xf32>
}

// -----

// A residual of two transposed values: one transpose moves, the other is read
// in the order that the op then computes in.

// CHECK: #[[ID:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-LABEL: func @residual
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]]
// CHECK-SAME: ins(%arg0, %arg1 :
// CHECK: linalg.transpose
// CHECK-NOT: linalg.transpose
#id3 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @residual(%x: tensor<2x5x3xf32>, %y: tensor<2x5x3xf32>) -> tensor<2x3x5xf32> {
  %e = tensor.empty() : tensor<2x3x5xf32>
  %tx = linalg.transpose ins(%x : tensor<2x5x3xf32>) outs(%e : tensor<2x3x5xf32>) permutation = [0, 2, 1]
  %ty = linalg.transpose ins(%y : tensor<2x5x3xf32>) outs(%e : tensor<2x3x5xf32>) permutation = [0, 2, 1]
  %m = linalg.generic {indexing_maps = [#id3, #id3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%tx, %ty : tensor<2x3x5xf32>, tensor<2x3x5xf32>) outs(%e : tensor<2x3x5xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %0 = arith.addf %a, %b : f32
      linalg.yield %0 : f32
  } -> tensor<2x3x5xf32>
  return %m : tensor<2x3x5xf32>
}

// -----

// A reduction reads through the transpose by its map.

// CHECK: #[[IN:.*]] = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
// CHECK-LABEL: func @reduction
// CHECK-NOT: linalg.transpose
// CHECK: linalg.generic {indexing_maps = [#[[IN]],
// CHECK-SAME: ins(%arg0 :
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#rows = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @reduction(%x: tensor<2x5x3xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3x5xf32>
  %t = linalg.transpose ins(%x : tensor<2x5x3xf32>) outs(%e : tensor<2x3x5xf32>) permutation = [0, 2, 1]
  %e1 = tensor.empty() : tensor<2x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<2x3xf32>) -> tensor<2x3xf32>
  %m = linalg.generic {indexing_maps = [#all, #rows], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%t : tensor<2x3x5xf32>) outs(%f : tensor<2x3xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.addf %a, %o : f32
      linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  return %m : tensor<2x3xf32>
}

// -----

// A product keeps the layout that was made for it.

// CHECK-LABEL: func @product
// CHECK: linalg.transpose
// CHECK: linalg.generic
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @product(%x: tensor<4x5xf32>, %w: tensor<6x5xf32>) -> tensor<4x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x6xf32>
  %t = linalg.transpose ins(%w : tensor<6x5xf32>) outs(%e : tensor<5x6xf32>) permutation = [1, 0]
  %e1 = tensor.empty() : tensor<4x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4x6xf32>) -> tensor<4x6xf32>
  %m = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %t : tensor<4x5xf32>, tensor<5x6xf32>) outs(%f : tensor<4x6xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %o, %0 : f32
      linalg.yield %1 : f32
  } -> tensor<4x6xf32>
  return %m : tensor<4x6xf32>
}

// -----

// Images joined by their channels are joined in the order in which they were
// computed, and transposed at once.

// CHECK-LABEL: func @concatenation
// CHECK: %[[E:.*]] = tensor.empty() : tensor<2x5x7xf32>
// CHECK: %[[A:.*]] = tensor.insert_slice %arg0 into %[[E]][0, 0, 0] [2, 5, 3] [1, 1, 1]
// CHECK: %[[B:.*]] = tensor.insert_slice %arg1 into %[[A]][0, 0, 3] [2, 5, 4] [1, 1, 1]
// CHECK: linalg.transpose ins(%[[B]] : tensor<2x5x7xf32>) {{.*}} permutation = [0, 2, 1]
// CHECK-NOT: linalg.transpose
func.func @concatenation(%x: tensor<2x5x3xf32>, %y: tensor<2x5x4xf32>) -> tensor<2x7x5xf32> {
  %ex = tensor.empty() : tensor<2x3x5xf32>
  %ey = tensor.empty() : tensor<2x4x5xf32>
  %tx = linalg.transpose ins(%x : tensor<2x5x3xf32>) outs(%ex : tensor<2x3x5xf32>) permutation = [0, 2, 1]
  %ty = linalg.transpose ins(%y : tensor<2x5x4xf32>) outs(%ey : tensor<2x4x5xf32>) permutation = [0, 2, 1]
  %e = tensor.empty() : tensor<2x7x5xf32>
  %a = tensor.insert_slice %tx into %e[0, 0, 0] [2, 3, 5] [1, 1, 1] : tensor<2x3x5xf32> into tensor<2x7x5xf32>
  %b = tensor.insert_slice %ty into %a[0, 3, 0] [2, 4, 5] [1, 1, 1] : tensor<2x4x5xf32> into tensor<2x7x5xf32>
  return %b : tensor<2x7x5xf32>
}

// -----

// One of two is as it is: the other alone is transposed, before they are joined.

// CHECK-LABEL: func @mixed
// CHECK: linalg.transpose ins(%arg0 :
// CHECK: tensor.insert_slice
// CHECK: tensor.insert_slice %arg1
// CHECK-NOT: linalg.transpose
func.func @mixed(%x: tensor<2x5x3xf32>, %y: tensor<2x4x5xf32>) -> tensor<2x7x5xf32> {
  %ex = tensor.empty() : tensor<2x3x5xf32>
  %tx = linalg.transpose ins(%x : tensor<2x5x3xf32>) outs(%ex : tensor<2x3x5xf32>) permutation = [0, 2, 1]
  %e = tensor.empty() : tensor<2x7x5xf32>
  %a = tensor.insert_slice %tx into %e[0, 0, 0] [2, 3, 5] [1, 1, 1] : tensor<2x3x5xf32> into tensor<2x7x5xf32>
  %b = tensor.insert_slice %y into %a[0, 3, 0] [2, 4, 5] [1, 1, 1] : tensor<2x4x5xf32> into tensor<2x7x5xf32>
  return %b : tensor<2x7x5xf32>
}
