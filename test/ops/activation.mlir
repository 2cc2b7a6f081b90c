// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Every activation at a few places.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // relu
  // CHECK: [0, 0, 0, 0.5, 8]
  %x0 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r0 = lathe.activation %x0 {kind = #lathe<activation_kind relu>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p0_0 = tensor.cast %r0 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // relu6
  // CHECK: [0, 0, 0, 0.5, 6]
  %x1 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r1 = lathe.activation %x1 {kind = #lathe<activation_kind relu6>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p1_0 = tensor.cast %r1 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // leaky_relu
  // CHECK: [-0.02, -0.005, 0, 0.5, 8]
  %x2 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r2 = lathe.activation %x2 {kind = #lathe<activation_kind leaky_relu>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p2_0 = tensor.cast %r2 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()

  // leaky_relu with a slope of its own
  // CHECK: [-1, -0.25, 0, 0.5, 8]
  %x3 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r3 = lathe.activation %x3 {kind = #lathe<activation_kind leaky_relu>, alpha = 0.5}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p3_0 = tensor.cast %r3 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p3_0) : (tensor<*xf32>) -> ()

  // elu
  // CHECK: [-0.864665, -0.393469, 0, 0.5, 8]
  %x4 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r4 = lathe.activation %x4 {kind = #lathe<activation_kind elu>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p4_0 = tensor.cast %r4 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p4_0) : (tensor<*xf32>) -> ()

  // silu
  // CHECK: [-0.238406, -0.18877, 0, 0.31123, 7.99732]
  %x5 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r5 = lathe.activation %x5 {kind = #lathe<activation_kind silu>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p5_0 = tensor.cast %r5 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p5_0) : (tensor<*xf32>) -> ()

  // gelu
  // CHECK: [-0.0455003, -0.154269, 0, 0.345731, 8]
  %x6 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r6 = lathe.activation %x6 {kind = #lathe<activation_kind gelu>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p6_0 = tensor.cast %r6 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p6_0) : (tensor<*xf32>) -> ()

  // gelu_tanh
  // CHECK: [-0.0454023, -0.154286, 0, 0.345714, 8]
  %x7 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r7 = lathe.activation %x7 {kind = #lathe<activation_kind gelu_tanh>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p7_0 = tensor.cast %r7 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p7_0) : (tensor<*xf32>) -> ()

  // sigmoid
  // CHECK: [0.119203, 0.377541, 0.5, 0.622459, 0.999665]
  %x8 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r8 = lathe.activation %x8 {kind = #lathe<activation_kind sigmoid>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p8_0 = tensor.cast %r8 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p8_0) : (tensor<*xf32>) -> ()

  // tanh
  // CHECK: [-0.964028, -0.462117, 0, 0.462117, 1]
  %x9 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r9 = lathe.activation %x9 {kind = #lathe<activation_kind tanh>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p9_0 = tensor.cast %r9 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p9_0) : (tensor<*xf32>) -> ()

  // softplus, which does not overflow
  // CHECK: [0, 0.693147, 1.31326, 200]
  %x10 = arith.constant dense<[-200.0, 0.0, 1.0, 200.0]> : tensor<4xf32>
  %r10 = lathe.activation %x10 {kind = #lathe<activation_kind softplus>}
      : (tensor<4xf32>) -> tensor<4xf32>
  %p10_0 = tensor.cast %r10 : tensor<4xf32> to tensor<*xf32>
  call @printMemrefF32(%p10_0) : (tensor<*xf32>) -> ()

  // softshrink
  // CHECK: [-1.5, 0, 0, 0, 7.5]
  %x11 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r11 = lathe.activation %x11 {kind = #lathe<activation_kind softshrink>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p11_0 = tensor.cast %r11 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p11_0) : (tensor<*xf32>) -> ()

  // hardshrink
  // CHECK: [-2, 0, 0, 0.625, 8]
  %x12 = arith.constant dense<[-2.0, -0.5, 0.0, 0.625, 8.0]> : tensor<5xf32>
  %r12 = lathe.activation %x12 {kind = #lathe<activation_kind hardshrink>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p12_0 = tensor.cast %r12 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p12_0) : (tensor<*xf32>) -> ()

  // hard_sigmoid
  // CHECK: [0, 0.25, 0.5, 0.75, 1]
  %x13 = arith.constant dense<[-4.0, -1.5, 0.0, 1.5, 8.0]> : tensor<5xf32>
  %r13 = lathe.activation %x13 {kind = #lathe<activation_kind hard_sigmoid>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p13_0 = tensor.cast %r13 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p13_0) : (tensor<*xf32>) -> ()

  // hard_swish
  // CHECK: [-0, -0.375, 0, 1.125, 8]
  %x14 = arith.constant dense<[-4.0, -1.5, 0.0, 1.5, 8.0]> : tensor<5xf32>
  %r14 = lathe.activation %x14 {kind = #lathe<activation_kind hard_swish>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p14_0 = tensor.cast %r14 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p14_0) : (tensor<*xf32>) -> ()

  // hard_tanh
  // CHECK: [-1, -0.5, 0, 0.5, 1]
  %x15 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r15 = lathe.activation %x15 {kind = #lathe<activation_kind hard_tanh>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p15_0 = tensor.cast %r15 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p15_0) : (tensor<*xf32>) -> ()

  // mish
  // CHECK: [-0.252501, 0, 0.865098]
  %x16 = arith.constant dense<[-2.0, 0.0, 1.0]> : tensor<3xf32>
  %r16 = lathe.activation %x16 {kind = #lathe<activation_kind mish>}
      : (tensor<3xf32>) -> tensor<3xf32>
  %p16_0 = tensor.cast %r16 : tensor<3xf32> to tensor<*xf32>
  call @printMemrefF32(%p16_0) : (tensor<*xf32>) -> ()

  // identity
  // CHECK: [-2, -0.5, 0, 0.5, 8]
  %x17 = arith.constant dense<[-2.0, -0.5, 0.0, 0.5, 8.0]> : tensor<5xf32>
  %r17 = lathe.activation %x17 {kind = #lathe<activation_kind identity>}
      : (tensor<5xf32>) -> tensor<5xf32>
  %p17_0 = tensor.cast %r17 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%p17_0) : (tensor<*xf32>) -> ()
  return
}
