// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Every function at a few places.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI32(tensor<*xi32>)

func.func @main() {
  // abs
  // CHECK: [2, 0.5]
  %x0 = arith.constant dense<[-2.0, 0.5]> : tensor<2xf32>
  %r0 = lathe.unary %x0 {kind = #lathe<unary_kind abs>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p0_0 = tensor.cast %r0 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // neg
  // CHECK: [2, -0.5]
  %x1 = arith.constant dense<[-2.0, 0.5]> : tensor<2xf32>
  %r1 = lathe.unary %x1 {kind = #lathe<unary_kind neg>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p1_0 = tensor.cast %r1 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // sign
  // CHECK: [-1, 0, 1]
  %x2 = arith.constant dense<[-2.0, 0.0, 0.5]> : tensor<3xf32>
  %r2 = lathe.unary %x2 {kind = #lathe<unary_kind sign>}
      : (tensor<3xf32>) -> tensor<3xf32>
  %p2_0 = tensor.cast %r2 : tensor<3xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()

  // exp
  // CHECK: [1, 2.71828]
  %x3 = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %r3 = lathe.unary %x3 {kind = #lathe<unary_kind exp>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p3_0 = tensor.cast %r3 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p3_0) : (tensor<*xf32>) -> ()

  // log
  // CHECK: [0, 1]
  %x4 = arith.constant dense<[1.0, 2.71828183]> : tensor<2xf32>
  %r4 = lathe.unary %x4 {kind = #lathe<unary_kind log>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p4_0 = tensor.cast %r4 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p4_0) : (tensor<*xf32>) -> ()

  // sqrt
  // CHECK: [2, 1.5]
  %x5 = arith.constant dense<[4.0, 2.25]> : tensor<2xf32>
  %r5 = lathe.unary %x5 {kind = #lathe<unary_kind sqrt>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p5_0 = tensor.cast %r5 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p5_0) : (tensor<*xf32>) -> ()

  // rsqrt
  // CHECK: [0.5, 2]
  %x6 = arith.constant dense<[4.0, 0.25]> : tensor<2xf32>
  %r6 = lathe.unary %x6 {kind = #lathe<unary_kind rsqrt>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p6_0 = tensor.cast %r6 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p6_0) : (tensor<*xf32>) -> ()

  // reciprocal
  // CHECK: [0.25, -4]
  %x7 = arith.constant dense<[4.0, -0.25]> : tensor<2xf32>
  %r7 = lathe.unary %x7 {kind = #lathe<unary_kind reciprocal>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p7_0 = tensor.cast %r7 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p7_0) : (tensor<*xf32>) -> ()

  // square
  // CHECK: [16, 0.25]
  %x8 = arith.constant dense<[4.0, -0.5]> : tensor<2xf32>
  %r8 = lathe.unary %x8 {kind = #lathe<unary_kind square>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p8_0 = tensor.cast %r8 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p8_0) : (tensor<*xf32>) -> ()

  // sin
  // CHECK: [0, 0.5]
  %x9 = arith.constant dense<[0.0, 0.52359878]> : tensor<2xf32>
  %r9 = lathe.unary %x9 {kind = #lathe<unary_kind sin>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p9_0 = tensor.cast %r9 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p9_0) : (tensor<*xf32>) -> ()

  // cos
  // CHECK: [1, 0.5]
  %x10 = arith.constant dense<[0.0, 1.04719755]> : tensor<2xf32>
  %r10 = lathe.unary %x10 {kind = #lathe<unary_kind cos>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p10_0 = tensor.cast %r10 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p10_0) : (tensor<*xf32>) -> ()

  // erf
  // CHECK: [-0.5205, 0.5205]
  %x11 = arith.constant dense<[-0.5, 0.5]> : tensor<2xf32>
  %r11 = lathe.unary %x11 {kind = #lathe<unary_kind erf>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p11_0 = tensor.cast %r11 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p11_0) : (tensor<*xf32>) -> ()

  // floor
  // CHECK: [-1, 1]
  %x12 = arith.constant dense<[-0.5, 1.5]> : tensor<2xf32>
  %r12 = lathe.unary %x12 {kind = #lathe<unary_kind floor>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p12_0 = tensor.cast %r12 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p12_0) : (tensor<*xf32>) -> ()

  // ceil
  // CHECK: [1, -1]
  %x13 = arith.constant dense<[0.5, -1.5]> : tensor<2xf32>
  %r13 = lathe.unary %x13 {kind = #lathe<unary_kind ceil>}
      : (tensor<2xf32>) -> tensor<2xf32>
  %p13_0 = tensor.cast %r13 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p13_0) : (tensor<*xf32>) -> ()

  // round takes the even neighbour of a half
  // CHECK: [0, 2, 2, -2]
  %x14 = arith.constant dense<[0.5, 1.5, 2.5, -1.5]> : tensor<4xf32>
  %r14 = lathe.unary %x14 {kind = #lathe<unary_kind round>}
      : (tensor<4xf32>) -> tensor<4xf32>
  %p14_0 = tensor.cast %r14 : tensor<4xf32> to tensor<*xf32>
  call @printMemrefF32(%p14_0) : (tensor<*xf32>) -> ()

  // sign of integers
  // CHECK: [-1, 0, 1]
  %x15 = arith.constant dense<[-7, 0, 7]> : tensor<3xi32>
  %r15 = lathe.unary %x15 {kind = #lathe<unary_kind sign>}
      : (tensor<3xi32>) -> tensor<3xi32>
  %p15_0 = tensor.cast %r15 : tensor<3xi32> to tensor<*xi32>
  call @printMemrefI32(%p15_0) : (tensor<*xi32>) -> ()

  // abs of unsigned numbers
  // CHECK: [0, 200]
  %x16n = arith.constant dense<[0, 200]> : tensor<2xi64>
  %x16 = lathe.cast %x16n {to = #lathe<element_kind u8>} : (tensor<2xi64>) -> tensor<2xui8>
  %r16 = lathe.unary %x16 {kind = #lathe<unary_kind abs>}
      : (tensor<2xui8>) -> tensor<2xui8>
  %w16_0 = lathe.cast %r16 {to = #lathe<element_kind i32>} : (tensor<2xui8>) -> tensor<2xi32>
  %p16_0 = tensor.cast %w16_0 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p16_0) : (tensor<*xi32>) -> ()
  return
}
