// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'hybrid_sparse_mask' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @whole(
// CHECK: lathe.channel_mask %
// CHECK-SAME: -> tensor<1x1x8xf32>
// CHECK: lathe.hybrid_sparse_mask %
// CHECK-SAME: -> tensor<?x8xf32, #lathe.dims<"tokens", "">>
// CHECK: lathe.mask_loss %
// CHECK-SAME: -> tensor<1xf32>
// CHECK: lathe.identity_loss %
// CHECK-SAME: -> tensor<1xf32>
func.func @whole(%x: tensor<?x8xf32, #lathe.dims<"tokens", "">>, %v: tensor<2x8xf32>, %u: tensor<8x2xf32>,
                 %s: tensor<1x8xf32>, %m: tensor<1x1x8xf32>) {
  %mask = lathe.channel_mask %m : (tensor<1x1x8xf32>) -> tensor<1x1x8xf32>
  %y = lathe.hybrid_sparse_mask %x, %mask, %v, %u, %s {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0>}
      : (tensor<?x8xf32, #lathe.dims<"tokens", "">>, tensor<1x1x8xf32>, tensor<2x8xf32>, tensor<8x2xf32>, tensor<1x8xf32>)
      -> tensor<?x8xf32, #lathe.dims<"tokens", "">>
  %count = lathe.mask_loss %mask {target = 6} : (tensor<1x1x8xf32>) -> tensor<1xf32>
  %identity = lathe.identity_loss %v : (tensor<2x8xf32>) -> tensor<1xf32>
  return
}
