// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Relations of 1, 2, 3 and NaN to 2, 2, 2 and NaN, printed as 0 and 1.

func.func private @printMemrefI32(tensor<*xi32>)

func.func @main() {
  // eq
  // CHECK: [0, 1, 0, 0]
  %x0 = arith.constant dense<[1.0, 2.0, 3.0, 0x7FC00000]> : tensor<4xf32>
  %y0 = arith.constant dense<[2.0, 2.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %r0 = lathe.compare %x0, %y0 {kind = #lathe<compare_kind eq>}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %w0_0 = lathe.cast %r0 {to = #lathe<element_kind i32>} : (tensor<4xi1>) -> tensor<4xi32>
  %p0_0 = tensor.cast %w0_0 : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%p0_0) : (tensor<*xi32>) -> ()

  // ne
  // CHECK: [1, 0, 1, 1]
  %x1 = arith.constant dense<[1.0, 2.0, 3.0, 0x7FC00000]> : tensor<4xf32>
  %y1 = arith.constant dense<[2.0, 2.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %r1 = lathe.compare %x1, %y1 {kind = #lathe<compare_kind ne>}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %w1_0 = lathe.cast %r1 {to = #lathe<element_kind i32>} : (tensor<4xi1>) -> tensor<4xi32>
  %p1_0 = tensor.cast %w1_0 : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%p1_0) : (tensor<*xi32>) -> ()

  // lt
  // CHECK: [1, 0, 0, 0]
  %x2 = arith.constant dense<[1.0, 2.0, 3.0, 0x7FC00000]> : tensor<4xf32>
  %y2 = arith.constant dense<[2.0, 2.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %r2 = lathe.compare %x2, %y2 {kind = #lathe<compare_kind lt>}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %w2_0 = lathe.cast %r2 {to = #lathe<element_kind i32>} : (tensor<4xi1>) -> tensor<4xi32>
  %p2_0 = tensor.cast %w2_0 : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%p2_0) : (tensor<*xi32>) -> ()

  // le
  // CHECK: [1, 1, 0, 0]
  %x3 = arith.constant dense<[1.0, 2.0, 3.0, 0x7FC00000]> : tensor<4xf32>
  %y3 = arith.constant dense<[2.0, 2.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %r3 = lathe.compare %x3, %y3 {kind = #lathe<compare_kind le>}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %w3_0 = lathe.cast %r3 {to = #lathe<element_kind i32>} : (tensor<4xi1>) -> tensor<4xi32>
  %p3_0 = tensor.cast %w3_0 : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%p3_0) : (tensor<*xi32>) -> ()

  // gt
  // CHECK: [0, 0, 1, 0]
  %x4 = arith.constant dense<[1.0, 2.0, 3.0, 0x7FC00000]> : tensor<4xf32>
  %y4 = arith.constant dense<[2.0, 2.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %r4 = lathe.compare %x4, %y4 {kind = #lathe<compare_kind gt>}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %w4_0 = lathe.cast %r4 {to = #lathe<element_kind i32>} : (tensor<4xi1>) -> tensor<4xi32>
  %p4_0 = tensor.cast %w4_0 : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%p4_0) : (tensor<*xi32>) -> ()

  // ge
  // CHECK: [0, 1, 1, 0]
  %x5 = arith.constant dense<[1.0, 2.0, 3.0, 0x7FC00000]> : tensor<4xf32>
  %y5 = arith.constant dense<[2.0, 2.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %r5 = lathe.compare %x5, %y5 {kind = #lathe<compare_kind ge>}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %w5_0 = lathe.cast %r5 {to = #lathe<element_kind i32>} : (tensor<4xi1>) -> tensor<4xi32>
  %p5_0 = tensor.cast %w5_0 : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%p5_0) : (tensor<*xi32>) -> ()

  // A number in place of the second operand; unsigned integers compare as such.
  // CHECK: [1, 0]
  %x6n = arith.constant dense<[200, 1]> : tensor<2xi64>
  %x6 = lathe.cast %x6n {to = #lathe<element_kind u8>} : (tensor<2xi64>) -> tensor<2xui8>
  %r6 = lathe.compare %x6 {kind = #lathe<compare_kind gt>, value = 100.0 : f64}
      : (tensor<2xui8>) -> tensor<2xi1>
  %w6_0 = lathe.cast %r6 {to = #lathe<element_kind i32>} : (tensor<2xi1>) -> tensor<2xi32>
  %p6_0 = tensor.cast %w6_0 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p6_0) : (tensor<*xi32>) -> ()
  return
}
