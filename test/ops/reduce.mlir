// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Elements combined along dimensions.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI32(tensor<*xi32>)

func.func @main() {
  // sum over rows
  // CHECK: [4, 6]
  %x0 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %r0 = lathe.reduce %x0 {kind = #lathe<reduce_kind sum>, axes = array<i64: 0>, keepdims = false}
      : (tensor<2x2xf32>) -> tensor<2xf32>
  %p0_0 = tensor.cast %r0 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0_0) : (tensor<*xf32>) -> ()

  // mean of each row, kept as a dimension
  // CHECK: [1.5]
  // CHECK: [3.5]
  %x1 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %r1 = lathe.reduce %x1 {kind = #lathe<reduce_kind mean>, axes = array<i64: -1>, keepdims = true}
      : (tensor<2x2xf32>) -> tensor<2x1xf32>
  %p1_0 = tensor.cast %r1 : tensor<2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p1_0) : (tensor<*xf32>) -> ()

  // max
  // CHECK: [2, 4]
  %x2 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %r2 = lathe.reduce %x2 {kind = #lathe<reduce_kind max>, axes = array<i64: 1>, keepdims = false}
      : (tensor<2x2xf32>) -> tensor<2xf32>
  %p2_0 = tensor.cast %r2 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p2_0) : (tensor<*xf32>) -> ()

  // min
  // CHECK: [1, 3]
  %x3 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %r3 = lathe.reduce %x3 {kind = #lathe<reduce_kind min>, axes = array<i64: 1>, keepdims = false}
      : (tensor<2x2xf32>) -> tensor<2xf32>
  %p3_0 = tensor.cast %r3 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p3_0) : (tensor<*xf32>) -> ()

  // prod of all
  // CHECK: [24]
  %x4 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %r4 = lathe.reduce %x4 {kind = #lathe<reduce_kind prod>, axes = array<i64: 0, 1>, keepdims = false}
      : (tensor<2x2xf32>) -> tensor<f32>
  %p4_0 = tensor.cast %r4 : tensor<f32> to tensor<*xf32>
  call @printMemrefF32(%p4_0) : (tensor<*xf32>) -> ()

  // min and max of integers
  // CHECK: [-5]
  %x5 = arith.constant dense<[-5, 7]> : tensor<2xi8>
  %r5 = lathe.reduce %x5 {kind = #lathe<reduce_kind min>, axes = array<i64: 0>, keepdims = false}
      : (tensor<2xi8>) -> tensor<i8>
  %w5_0 = lathe.cast %r5 {to = #lathe<element_kind i32>} : (tensor<i8>) -> tensor<i32>
  %p5_0 = tensor.cast %w5_0 : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%p5_0) : (tensor<*xi32>) -> ()

  // Unsigned.
  // CHECK: [200]
  %x6n = arith.constant dense<[200, 7]> : tensor<2xi64>
  %x6 = lathe.cast %x6n {to = #lathe<element_kind u8>} : (tensor<2xi64>) -> tensor<2xui8>
  %r6 = lathe.reduce %x6 {kind = #lathe<reduce_kind max>, axes = array<i64: 0>, keepdims = false}
      : (tensor<2xui8>) -> tensor<ui8>
  %w6_0 = lathe.cast %r6 {to = #lathe<element_kind i32>} : (tensor<ui8>) -> tensor<i32>
  %p6_0 = tensor.cast %w6_0 : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%p6_0) : (tensor<*xi32>) -> ()
  return
}
