// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Every box with every other: disjoint ones have no intersection, but a hull.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  %a = arith.constant dense<[[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 1.0]]> : tensor<2x4xf32>
  %b = arith.constant dense<[[1.0, 1.0, 3.0, 3.0], [0.0, 0.0, 2.0, 2.0], [2.0, 2.0, 3.0, 3.0]]> : tensor<3x4xf32>
  // CHECK: [0.142857, 1, 0]
  // CHECK: [0, 0.25, 0]
  %r0 = lathe.box_overlap %a, %b {kind = #lathe<overlap_kind iou>, eps = 1.0e-6 : f64}
      : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  %p0 = tensor.cast %r0 : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // CHECK: [-0.0793651, 1, -0.444444]
  // CHECK: [-0.444444, 0.25, -0.777778]
  %r1 = lathe.box_overlap %a, %b {kind = #lathe<overlap_kind giou>, eps = 1.0e-6 : f64}
      : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  %p1 = tensor.cast %r1 : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()

  // CHECK: [0.25, 1, 0]
  // CHECK: [0, 1, 0]
  %r2 = lathe.box_overlap %a, %b {kind = #lathe<overlap_kind iof>, eps = 0.0 : f64}
      : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  %p2 = tensor.cast %r2 : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p2) : (tensor<*xf32>) -> ()

  // A batch of one stretches; a box without area overlaps nothing.
  // CHECK: [0, 0, 0]
  // CHECK: [0, 0.25, 0]
  %c = arith.constant dense<[[[1.0, 1.0, 1.0, 1.0]], [[0.0, 0.0, 1.0, 1.0]]]> : tensor<2x1x4xf32>
  %d = tensor.expand_shape %b [[0, 1], [2]] output_shape [1, 3, 4] : tensor<3x4xf32> into tensor<1x3x4xf32>
  %r3 = lathe.box_overlap %c, %d {kind = #lathe<overlap_kind iou>, eps = 1.0e-6 : f64}
      : (tensor<2x1x4xf32>, tensor<1x3x4xf32>) -> tensor<2x1x3xf32>
  %p3 = tensor.cast %r3 : tensor<2x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p3) : (tensor<*xf32>) -> ()
  return
}
