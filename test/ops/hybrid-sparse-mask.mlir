// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// y = s ⊙ b(m) ⊙ (x + U (V x)), and the losses of the mask and of V.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  %x = arith.constant dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %v = arith.constant dense<[[1.0, 1.0, 0.0]]> : tensor<1x3xf32>
  %u = arith.constant dense<[[1.0], [2.0], [0.0]]> : tensor<3x1xf32>
  %s = arith.constant dense<[[2.0, 1.0, 0.5]]> : tensor<1x3xf32>
  %m = arith.constant dense<[[[0.5, 0.0, 0.1]]]> : tensor<1x1x3xf32>
  // V x = 3, so x + U V x = [4, 8, 3]; a mask of 0 drops its channel.
  // CHECK: [8, {{ *}}0, {{ *}}1.5]
  %y = lathe.hybrid_sparse_mask %x, %v, %u, %s, %m {operandSegmentSizes = array<i32: 1, 0, 1, 1, 1, 1>}
      : (tensor<1x3xf32>, tensor<1x3xf32>, tensor<3x1xf32>, tensor<1x3xf32>, tensor<1x1x3xf32>) -> tensor<1x3xf32>
  %p0 = tensor.cast %y : tensor<1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // The mask of another step, alone; softly, at step 1 of 2: τ = 1.000001, β = 0, 1 / (1 + exp(−τ m)) at 0 is ½.
  // CHECK: [0.5, {{ *}}1, {{ *}}1.5]
  %x1 = arith.constant dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %m1 = arith.constant dense<0.0> : tensor<1x1x3xf32>
  %soft = lathe.hybrid_sparse_mask %x1, %m1 {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0>, step = 1, steps = 2}
      : (tensor<1x3xf32>, tensor<1x1x3xf32>) -> tensor<1x3xf32>
  %p1 = tensor.cast %soft : tensor<1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()

  // A shared mask of which two are kept, one wanted: 10; (0 + 1) / 2 from the kept, 0.25 from the dropped.
  // CHECK: [10.75]
  %m2 = arith.constant dense<[[[0.5, 0.0, 1.5]]]> : tensor<1x1x3xf32>
  %shared = lathe.channel_mask %m2 : (tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  %count = lathe.mask_loss %shared {target = 1} : (tensor<1x1x3xf32>) -> tensor<1xf32>
  %p2 = tensor.cast %count : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p2) : (tensor<*xf32>) -> ()

  // V Vᵀ = [[2, 1], [1, 1]]; (1 + 1 + 1 + 0) / 4.
  // CHECK: [0.75]
  %w = arith.constant dense<[[1.0, 1.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %identity = lathe.identity_loss %w : (tensor<2x2xf32>) -> tensor<1xf32>
  %p3 = tensor.cast %identity : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p3) : (tensor<*xf32>) -> ()
  return
}
