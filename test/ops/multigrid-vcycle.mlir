// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// One cycle, with filters that read but the pixel in their middle.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // The guess is 2 f; at the one pixel of the coarse level f is 3, u is 2 + 10 (3 - 2). Back up it is added to all
  // pixels, and smoothing gives the mean of u and f.
  // CHECK: [7.5, 9]
  // CHECK: [10.5, 12]
  %f = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %double = arith.constant dense<[[[[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32>
  %once = arith.constant dense<[[[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32>
  %triple = arith.constant dense<[[[[0.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32>
  %ten = arith.constant dense<[[[[0.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32>
  %half = arith.constant dense<[[[[0.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32>
  %spread4 = arith.constant dense<1.0> : tensor<1x1x4x4xf32>
  %r0 = lathe.multigrid_vcycle %f, %double, %once, %triple, %once, %ten, %spread4, %once, %half
      {operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0>,
       iterations = [array<i64: 1, 1>, array<i64: 1, 0>], padding_mode = #lathe<padding_mode zeros>,
       restriction_padding = 1 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x2x2xf32>, tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x1x4x4xf32>, tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  %p0 = tensor.cast %r0 : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // Without padding three pixels become one, the middle one, and that three again. What remains of f, f - (u + 1), is
  // -1; the guess at the coarse level is 5 and becomes 5 + 10 (-1 - 5). The layer norm takes it away: it leaves 1 to 9
  // less their mean, divided by their deviation, and adds 1.
  // CHECK: [-0.5491{{.*}}, -0.1618{{.*}}, 0.2254{{.*}}]
  // CHECK: [0.6127{{.*}}, 1, 1.387{{.*}}]
  // CHECK: [1.77{{.*}}, 2.161{{.*}}, 2.549{{.*}}]
  %f1 = arith.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %spread3 = arith.constant dense<1.0> : tensor<1x1x3x3xf32>
  %scale = arith.constant dense<1.0> : tensor<1x3x3xf32>
  %r1 = lathe.multigrid_vcycle %f1, %once, %zero, %once, %once, %once, %one, %once, %zero, %ten, %zero, %spread3, %scale, %scale
      {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0>,
       iterations = [array<i64: 1, 0>, array<i64: 1, 0>], padding_mode = #lathe<padding_mode circular>,
       restriction_padding = 0 : i64, eps = 1.000000e-05 : f64}
      : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1xf32>, tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>, tensor<1xf32>, tensor<1x1x3x3xf32>, tensor<1xf32>, tensor<1x1x3x3xf32>, tensor<1xf32>, tensor<1x1x3x3xf32>, tensor<1x3x3xf32>, tensor<1x3x3xf32>) -> tensor<1x1x3x3xf32>
  %p1 = tensor.cast %r1 : tensor<1x1x3x3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  return
}
