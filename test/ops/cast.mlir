// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Elements converted to another type.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI32(tensor<*xi32>)
func.func private @printMemrefI64(tensor<*xi64>)

func.func @main() {
  // Truncation towards zero, the ends of the range, a NaN as 0.
  // CHECK: [2, -2, 127, -128, 0]
  %x0 = arith.constant dense<[2.7, -2.7, 300.0, -300.0, 0x7FC00000]> : tensor<5xf32>
  %r0 = lathe.cast %x0 {to = #lathe<element_kind i8>}
      : (tensor<5xf32>) -> tensor<5xi8>
  %w0_0 = lathe.cast %r0 {to = #lathe<element_kind i32>} : (tensor<5xi8>) -> tensor<5xi32>
  %p0_0 = tensor.cast %w0_0 : tensor<5xi32> to tensor<*xi32>
  call @printMemrefI32(%p0_0) : (tensor<*xi32>) -> ()

  // Unsigned.
  // CHECK: [2, 0, 255]
  %x1 = arith.constant dense<[2.7, -2.7, 300.0]> : tensor<3xf32>
  %r1 = lathe.cast %x1 {to = #lathe<element_kind u8>}
      : (tensor<3xf32>) -> tensor<3xui8>
  %w1_0 = lathe.cast %r1 {to = #lathe<element_kind i32>} : (tensor<3xui8>) -> tensor<3xi32>
  %p1_0 = tensor.cast %w1_0 : tensor<3xi32> to tensor<*xi32>
  call @printMemrefI32(%p1_0) : (tensor<*xi32>) -> ()

  // Past the largest float below 2^63.
  // CHECK: [9223372036854775807, -9223372036854775808]
  %x2 = arith.constant dense<[1.0e+19, -1.0e+19]> : tensor<2xf32>
  %r2 = lathe.cast %x2 {to = #lathe<element_kind i64>}
      : (tensor<2xf32>) -> tensor<2xi64>
  %p2_0 = tensor.cast %r2 : tensor<2xi64> to tensor<*xi64>
  call @printMemrefI64(%p2_0) : (tensor<*xi64>) -> ()

  // Integers keep their low bits.
  // CHECK: [1, -1]
  %x3 = arith.constant dense<[257, -1]> : tensor<2xi32>
  %r3 = lathe.cast %x3 {to = #lathe<element_kind i8>}
      : (tensor<2xi32>) -> tensor<2xi8>
  %w3_0 = lathe.cast %r3 {to = #lathe<element_kind i32>} : (tensor<2xi8>) -> tensor<2xi32>
  %p3_0 = tensor.cast %w3_0 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p3_0) : (tensor<*xi32>) -> ()

  // Unsigned numbers stay what they are.
  // CHECK: [200]
  %x4n = arith.constant dense<[200]> : tensor<1xi64>
  %x4 = lathe.cast %x4n {to = #lathe<element_kind u8>} : (tensor<1xi64>) -> tensor<1xui8>
  %r4 = lathe.cast %x4 {to = #lathe<element_kind f32>}
      : (tensor<1xui8>) -> tensor<1xf32>
  %p4_0 = tensor.cast %r4 : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p4_0) : (tensor<*xf32>) -> ()

  // Truth values.
  // CHECK: [0, 1]
  %x5 = arith.constant dense<[0.0, -0.5]> : tensor<2xf32>
  %r5 = lathe.cast %x5 {to = #lathe<element_kind bool>}
      : (tensor<2xf32>) -> tensor<2xi1>
  %w5_0 = lathe.cast %r5 {to = #lathe<element_kind i32>} : (tensor<2xi1>) -> tensor<2xi32>
  %p5_0 = tensor.cast %w5_0 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p5_0) : (tensor<*xi32>) -> ()

  // They count as 0 and 1.
  // CHECK: [1, 0]
  %x6 = arith.constant dense<[true, false]> : tensor<2xi1>
  %r6 = lathe.cast %x6 {to = #lathe<element_kind f32>}
      : (tensor<2xi1>) -> tensor<2xf32>
  %p6_0 = tensor.cast %r6 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p6_0) : (tensor<*xf32>) -> ()
  return
}
