// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Functions of two numbers, with the broadcasting of NumPy.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI32(tensor<*xi32>)

func.func @main() {
  // add
  // CHECK: [3, 4]
  // CHECK: [7, 8]
  %x0 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y0 = arith.constant dense<[[2.0], [4.0]]> : tensor<2x1xf32>
  %r0 = lathe.binary %x0, %y0 {kind = #lathe<binary_kind add>}
      : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %p0_0 = tensor.cast %r0 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // sub
  // CHECK: [-1, 0]
  // CHECK: [-1, 0]
  %x1 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y1 = arith.constant dense<[[2.0], [4.0]]> : tensor<2x1xf32>
  %r1 = lathe.binary %x1, %y1 {kind = #lathe<binary_kind sub>}
      : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %p1_0 = tensor.cast %r1 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // mul
  // CHECK: [2, 4]
  // CHECK: [12, 16]
  %x2 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y2 = arith.constant dense<[[2.0], [4.0]]> : tensor<2x1xf32>
  %r2 = lathe.binary %x2, %y2 {kind = #lathe<binary_kind mul>}
      : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %p2_0 = tensor.cast %r2 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()

  // div
  // CHECK: [0.5, 1]
  // CHECK: [0.75, 1]
  %x3 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y3 = arith.constant dense<[[2.0], [4.0]]> : tensor<2x1xf32>
  %r3 = lathe.binary %x3, %y3 {kind = #lathe<binary_kind div>}
      : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %p3_0 = tensor.cast %r3 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p3_0) : (tensor<*xf32>) -> ()

  // max
  // CHECK: [2, 2]
  // CHECK: [4, 4]
  %x4 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y4 = arith.constant dense<[[2.0], [4.0]]> : tensor<2x1xf32>
  %r4 = lathe.binary %x4, %y4 {kind = #lathe<binary_kind max>}
      : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %p4_0 = tensor.cast %r4 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p4_0) : (tensor<*xf32>) -> ()

  // min
  // CHECK: [1, 2]
  // CHECK: [3, 4]
  %x5 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y5 = arith.constant dense<[[2.0], [4.0]]> : tensor<2x1xf32>
  %r5 = lathe.binary %x5, %y5 {kind = #lathe<binary_kind min>}
      : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %p5_0 = tensor.cast %r5 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p5_0) : (tensor<*xf32>) -> ()

  // pow
  // CHECK: [1, 4]
  // CHECK: [81, 256]
  %x6 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y6 = arith.constant dense<[[2.0], [4.0]]> : tensor<2x1xf32>
  %r6 = lathe.binary %x6, %y6 {kind = #lathe<binary_kind pow>}
      : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %p6_0 = tensor.cast %r6 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p6_0) : (tensor<*xf32>) -> ()

  // A number in place of the second operand.
  // CHECK: [0.5, 1.5]
  // CHECK: [2.5, 3.5]
  %x7 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %r7 = lathe.binary %x7 {kind = #lathe<binary_kind sub>, value = 0.5 : f64}
      : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %p7_0 = tensor.cast %r7 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p7_0) : (tensor<*xf32>) -> ()

  // A missing dimension is added in front.
  // CHECK: [11, 22]
  // CHECK: [13, 24]
  %x8 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y8 = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %r8 = lathe.binary %x8, %y8 {kind = #lathe<binary_kind add>}
      : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %p8_0 = tensor.cast %r8 : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p8_0) : (tensor<*xf32>) -> ()

  // Integers wrap around.
  // CHECK: [-56, -99]
  %x9 = arith.constant dense<[100, -100]> : tensor<2xi8>
  %y9 = arith.constant dense<[100, 1]> : tensor<2xi8>
  %r9 = lathe.binary %x9, %y9 {kind = #lathe<binary_kind add>}
      : (tensor<2xi8>, tensor<2xi8>) -> tensor<2xi8>
  %w9_0 = lathe.cast %r9 {to = #lathe<element_kind i32>} : (tensor<2xi8>) -> tensor<2xi32>
  %p9_0 = tensor.cast %w9_0 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p9_0) : (tensor<*xi32>) -> ()

  // Unsigned integers compare as such.
  // CHECK: [200, 2]
  %x10n = arith.constant dense<[200, 1]> : tensor<2xi64>
  %x10 = lathe.cast %x10n {to = #lathe<element_kind u8>} : (tensor<2xi64>) -> tensor<2xui8>
  %y10n = arith.constant dense<[100, 2]> : tensor<2xi64>
  %y10 = lathe.cast %y10n {to = #lathe<element_kind u8>} : (tensor<2xi64>) -> tensor<2xui8>
  %r10 = lathe.binary %x10, %y10 {kind = #lathe<binary_kind max>}
      : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xui8>
  %w10_0 = lathe.cast %r10 {to = #lathe<element_kind i32>} : (tensor<2xui8>) -> tensor<2xi32>
  %p10_0 = tensor.cast %w10_0 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p10_0) : (tensor<*xi32>) -> ()
  return
}
