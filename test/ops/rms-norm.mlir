// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// RUN: lathe-opt %s --lathe-tensor | FileCheck %s --check-prefix=ONCE
// x over its root mean square. The root divides once, and what it divides is the same for many elements.
// ONCE: %[[ROOT:.*]] = math.sqrt
// ONCE-NEXT: %[[INVERSE:.*]] = arith.divf %cst{{.*}}, %[[ROOT]]
// ONCE-NEXT: arith.mulf %{{.*}}, %[[INVERSE]]

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // √((9 + 25 + 9 + 25)/4) is √17; √(17 + 8) is 5.
  // CHECK: [0.6, 1, -6, -10]
  %x0 = arith.constant dense<[[3.0, 5.0, -3.0, -5.0]]> : tensor<1x4xf32>
  %g0 = arith.constant dense<[1.0, 1.0, 10.0, 10.0]> : tensor<4xf32>
  %r0 = lathe.rms_norm %x0, %g0 {eps = 8.0 : f64}
      : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  %p0_0 = tensor.cast %r0 : tensor<1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // Without a scale: √((9 + 25)/2) is √17.
  // CHECK: [0.6, 1]
  %x1 = arith.constant dense<[[3.0, 5.0]]> : tensor<1x2xf32>
  %r1 = lathe.rms_norm %x1 {eps = 8.0 : f64} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %p1_0 = tensor.cast %r1 : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()
  return
}
