// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Elements limited to a range.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI32(tensor<*xi32>)

func.func @main() {
  // CHECK: [0, 0.5, 6]
  %x0 = arith.constant dense<[-1.0, 0.5, 7.0]> : tensor<3xf32>
  %r0 = lathe.clamp %x0 {min = 0.0 : f64, max = 6.0 : f64}
      : (tensor<3xf32>) -> tensor<3xf32>
  %p0_0 = tensor.cast %r0 : tensor<3xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // One bound; integers.
  // CHECK: [2, 5]
  %x1 = arith.constant dense<[-1, 5]> : tensor<2xi8>
  %r1 = lathe.clamp %x1 {min = 2.0 : f64}
      : (tensor<2xi8>) -> tensor<2xi8>
  %w1_0 = lathe.cast %r1 {to = #lathe<element_kind i32>} : (tensor<2xi8>) -> tensor<2xi32>
  %p1_0 = tensor.cast %w1_0 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p1_0) : (tensor<*xi32>) -> ()
  return
}
