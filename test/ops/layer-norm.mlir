// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// RUN: lathe-opt %s --lathe-tensor | FileCheck %s --check-prefix=ONCE
// (x − mean) / √var, then scale and shift. The root divides once, and what it divides is the same for many elements.
// ONCE: %[[ROOT:.*]] = math.sqrt
// ONCE-NEXT: %[[INVERSE:.*]] = arith.divf %cst{{.*}}, %[[ROOT]]
// ONCE-NEXT: arith.mulf %{{.*}}, %[[INVERSE]]

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // The last dimension: mean 2, variance 1.
  // CHECK: [-1, 2.5]
  // CHECK: [-1, 2.5]
  %x0 = arith.constant dense<[[1.0, 3.0], [11.0, 13.0]]> : tensor<2x2xf32>
  %g0 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b0 = arith.constant dense<[0.0, 0.5]> : tensor<2xf32>
  %r0 = lathe.layer_norm %x0, %g0, %b0 {operandSegmentSizes = array<i32: 1, 1, 1>, dims = 1 : i64, eps = 0.0 : f64}
      : (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // Two dimensions: mean 4, variance 9.
  // CHECK: [-1, 1]
  // CHECK: [1, -1]
  %x1 = arith.constant dense<[[1.0, 7.0], [7.0, 1.0]]> : tensor<2x2xf32>
  %r1 = lathe.layer_norm %x1 {operandSegmentSizes = array<i32: 1, 0, 0>, dims = 2 : i64, eps = 0.0 : f64}
      : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %p1_0 = tensor.cast %r1 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // Beside two zeros more: 0, 8, 0 and 0 have mean 2 and variance 12; √(12 + 4) is 4.
  // CHECK: [-0.5, 1.5]
  %x2 = arith.constant dense<[[0.0, 8.0]]> : tensor<1x2xf32>
  %r2 = lathe.layer_norm %x2 {operandSegmentSizes = array<i32: 1, 0, 0>, dims = 1 : i64, eps = 4.0 : f64, zeros = 2 : i64}
      : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %p2_0 = tensor.cast %r2 : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()
  return
}
