// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Pairs of features turn by position · θ^(−2i/r): at position 0 not at all, at position 1 by 1 and 0.01 radians.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // cos 1 = 0.5403, sin 1 = 0.84147; cos 0.01 = 0.99995, sin 0.01 = 0.0099998.
  %x = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 0.0, 0.0]]]> : tensor<1x2x4xf32>
  // CHECK: [1, {{ *}}2, {{ *}}3, {{ *}}4]
  // CHECK: [0.5403{{[0-9]*}}, {{ *}}0.99995, {{ *}}0.84147{{[0-9]*}}, {{ *}}0.00999983]
  %halves = lathe.rotary %x {head_dim = 4, style = #lathe<rotary_style halves>, dims = 4, theta = 10000.0, past = ""}
      : (tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  %p0 = tensor.cast %halves : tensor<1x2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()

  // Neighbours, in the first half of the head only.
  // CHECK: [1, {{ *}}2, {{ *}}3, {{ *}}4]
  // CHECK: [-0.30116{{[0-9]*}}, {{ *}}1.3817{{[0-9]*}}, {{ *}}0, {{ *}}0]
  %y = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 0.0, 0.0]]]> : tensor<1x2x4xf32>
  %pairs = lathe.rotary %y {head_dim = 4, style = #lathe<rotary_style interleaved>, dims = 2, theta = 10000.0, past = ""}
      : (tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  %p1 = tensor.cast %pairs : tensor<1x2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  return
}
