// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Mean and variance of a group of channels and all positions.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // Groups of two channels: 1 and 3, 10 and 30.
  // CHECK: [-1]
  // CHECK: [1]
  // CHECK: [-1]
  // CHECK: [2.5]
  %x0 = arith.constant dense<[[[1.0], [3.0], [10.0], [30.0]]]> : tensor<1x4x1xf32>
  %g0 = arith.constant dense<[1.0, 1.0, 1.0, 2.0]> : tensor<4xf32>
  %b0 = arith.constant dense<[0.0, 0.0, 0.0, 0.5]> : tensor<4xf32>
  %r0 = lathe.group_norm %x0, %g0, %b0 {operandSegmentSizes = array<i32: 1, 1, 1>, groups = 2 : i64, eps = 0.0 : f64}
      : (tensor<1x4x1xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x1xf32>
  %p0_0 = tensor.cast %r0 : tensor<1x4x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // Each channel alone.
  // CHECK: [-1, 1]
  // CHECK: [-1, 1]
  %x1 = arith.constant dense<[[[1.0, 3.0], [10.0, 30.0]]]> : tensor<1x2x2xf32>
  %r1 = lathe.group_norm %x1 {operandSegmentSizes = array<i32: 1, 0, 0>, groups = 2 : i64, eps = 0.0 : f64}
      : (tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %p1_0 = tensor.cast %r1 : tensor<1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()
  return
}
