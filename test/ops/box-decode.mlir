// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Corners of boxes (x, y, z, r): width 2^(z - r/2), height 2^(z + r/2).

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [8, 18, 12, 22]
  // CHECK: [-1, -4, 1, 4]
  %b = arith.constant dense<[[10.0, 20.0, 2.0, 0.0], [0.0, 0.0, 2.0, 2.0]]> : tensor<2x4xf32>
  %r = lathe.box_decode %b : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %p = tensor.cast %r : tensor<2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
