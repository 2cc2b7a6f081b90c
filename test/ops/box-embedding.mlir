// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Sine and cosine of each frequency side by side: here 1 and 1/2; x and y are divided by 2.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // CHECK: [0, 1, 0, 1, 0.841471, 0.540302, 0.479426, 0.877583, 0.841471, 0.540302, 0.479426, 0.877583, 0, 1, 0, 1]
  %b = arith.constant dense<[[0.0, 2.0, 1.0, 0.0]]> : tensor<1x4xf32>
  %r = lathe.box_embedding %b {features = 16 : i64, temperature = 4.0 : f64, extent = 2.0 : f64}
      : (tensor<1x4xf32>) -> tensor<1x16xf32>
  %p = tensor.cast %r : tensor<1x16xf32> to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
