// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Elements added around 1, 2, 3.

func.func private @printMemrefI32(tensor<*xi32>)

func.func @main() {
  // A value.
  // CHECK: [9, 1, 2, 3, 9, 9]
  %x0 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %r0 = lathe.pad %x0
      {low = array<i64: 1>, high = array<i64: 2>, mode = #lathe<padding_mode zeros>, value = 9.0 : f64}
      : (tensor<3xi32>) -> tensor<6xi32>
  %p0_0 = tensor.cast %r0 : tensor<6xi32> to tensor<*xi32>
  call @printMemrefI32(%p0_0) : (tensor<*xi32>) -> ()

  // The opposite end.
  // CHECK: [3, 1, 2, 3, 1, 2]
  %x1 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %r1 = lathe.pad %x1
      {low = array<i64: 1>, high = array<i64: 2>, mode = #lathe<padding_mode circular>, value = 0.0 : f64}
      : (tensor<3xi32>) -> tensor<6xi32>
  %p1_0 = tensor.cast %r1 : tensor<6xi32> to tensor<*xi32>
  call @printMemrefI32(%p1_0) : (tensor<*xi32>) -> ()

  // Backwards, without the edge.
  // CHECK: [3, 2, 1, 2, 3, 2]
  %x2 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %r2 = lathe.pad %x2
      {low = array<i64: 2>, high = array<i64: 1>, mode = #lathe<padding_mode reflect>, value = 0.0 : f64}
      : (tensor<3xi32>) -> tensor<6xi32>
  %p2_0 = tensor.cast %r2 : tensor<6xi32> to tensor<*xi32>
  call @printMemrefI32(%p2_0) : (tensor<*xi32>) -> ()

  // The edge.
  // CHECK: [1, 1, 2, 3, 3, 3]
  %x3 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %r3 = lathe.pad %x3
      {low = array<i64: 1>, high = array<i64: 2>, mode = #lathe<padding_mode replicate>, value = 0.0 : f64}
      : (tensor<3xi32>) -> tensor<6xi32>
  %p3_0 = tensor.cast %r3 : tensor<6xi32> to tensor<*xi32>
  call @printMemrefI32(%p3_0) : (tensor<*xi32>) -> ()
  return
}
