// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// γ (x − μ) / √σ² + β for each channel.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [0, 0.5]
  // CHECK: [0.5, 4.5]
  %x0 = arith.constant dense<[[1.0, 10.0], [2.0, 20.0]]> : tensor<2x2xf32>
  %g0 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b0 = arith.constant dense<[0.0, 0.5]> : tensor<2xf32>
  %m0 = arith.constant dense<[1.0, 10.0]> : tensor<2xf32>
  %v0 = arith.constant dense<[4.0, 25.0]> : tensor<2xf32>
  %r0 = lathe.batch_norm %x0, %g0, %b0, %m0, %v0 {eps = 0.0 : f64}
      : (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // eps belongs to the variance.
  // CHECK: 1
  %x1 = arith.constant dense<[[3.0]]> : tensor<1x1xf32>
  %g1 = arith.constant dense<[1.0]> : tensor<1xf32>
  %b1 = arith.constant dense<[0.0]> : tensor<1xf32>
  %m1 = arith.constant dense<[0.0]> : tensor<1xf32>
  %v1 = arith.constant dense<[0.0]> : tensor<1xf32>
  %r1 = lathe.batch_norm %x1, %g1, %b1, %m1, %v1 {eps = 9.0 : f64}
      : (tensor<1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  %p1_0 = tensor.cast %r1 : tensor<1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()
  return
}
