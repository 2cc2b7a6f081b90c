// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Offsets of x and y are relative to the width 2 and the height 8, those of z and r are not.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [11, 22, 3, 1]
  %b = arith.constant dense<[[10.0, 20.0, 2.0, 2.0]]> : tensor<1x4xf32>
  %d = arith.constant dense<[[0.5, 0.25, 1.0, -1.0]]> : tensor<1x4xf32>
  %r = lathe.box_refine %b, %d : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %p = tensor.cast %r : tensor<1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
