// RUN: lathe-opt %s -lathe-fold-norms -lathe-tensor | FileCheck %s
// A task's depthwise filters behind a frozen convolution, its batch norm and the activation: the filters' nest has the norm
// and the activation on its accumulators, and the frozen filters are there once.

// CHECK: lathe.weight @w : tensor<4x3x1x1xf32>
// CHECK-NEXT: lathe.weight @w.prepared : tensor<1x1x3x4xf32>
// CHECK-NEXT: lathe.weight @r0 : tensor<4x1x3x3xf32>
// CHECK-LABEL: func.func @main(
// CHECK: kernel.nest ins(%{{.*}}, %{{.*}} : tensor<1x8x8x3xf32>, tensor<1x1x3x4xf32>)
// CHECK: kernel.nest ins({{.*}} : tensor<1x10x10x4xf32>, tensor<3x3x4xf32>, tensor<4xf32>, tensor<4xf32>)
// CHECK: } finish {
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NEXT: arith.maximumf
lathe.weight @w : tensor<4x3x1x1xf32>
lathe.weight @r0 : tensor<4x1x3x3xf32>
lathe.weight @r1 : tensor<4x1x3x3xf32>
lathe.weight @g0 : tensor<4xf32>
lathe.weight @g1 : tensor<4xf32>
func.func @main(%x: tensor<1x3x8x8xf32>, %task: tensor<i32>) -> tensor<1x4x8x8xf32> attributes {lathe.entry} {
  %w = lathe.parameter @w : tensor<4x3x1x1xf32>
  %r0 = lathe.parameter @r0 : tensor<4x1x3x3xf32>
  %r1 = lathe.parameter @r1 : tensor<4x1x3x3xf32>
  %g0 = lathe.parameter @g0 : tensor<4xf32>
  %g1 = lathe.parameter @g1 : tensor<4xf32>
  %r = lathe.choose %task of %r0, %r1 : (tensor<i32>, tensor<4x1x3x3xf32>, tensor<4x1x3x3xf32>) -> tensor<4x1x3x3xf32>
  %g = lathe.choose %task of %g0, %g1 : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.channel_reprogram %1, %r : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.batch_norm %2, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %4 = lathe.activation %3 {kind = #lathe<activation_kind relu>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %4 : tensor<1x4x8x8xf32>
}
