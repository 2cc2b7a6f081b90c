// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// One place of two channels: filters are the biases of their generators, as all weights are zero.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  %sampled = arith.constant dense<[[[[[1.0, 3.0]]]]]> : tensor<1x1x1x1x2xf32>
  %query = arith.constant dense<0.0> : tensor<1x1x2xf32>
  %two = arith.constant dense<0.0> : tensor<2xf32>
  %one = arith.constant dense<1.0> : tensor<2xf32>
  %identity = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>

  // F M = (1, 3) becomes (0, 1), S F the same, and the query's norm (-1, 1).
  // CHECK: [-1, 1]
  // CHECK: 1, 0
  // CHECK: 0, 1
  // CHECK: [1]
  %w5 = arith.constant dense<0.0> : tensor<5x2xf32>
  %w3 = arith.constant dense<0.0> : tensor<3x2xf32>
  %filters = arith.constant dense<[1.0, 0.0, 0.0, 1.0, 1.0]> : tensor<5xf32>
  %shifts = arith.constant dense<0.0> : tensor<3xf32>
  %r:3 = lathe.dynamic_mix %sampled, %query, %w5, %filters, %w3, %shifts, %identity, %two, %one, %two
      {points = 1 : i64, subpoints = 1 : i64, out_points = 1 : i64, eps = 0.0 : f64,
       operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>}
      : (tensor<1x1x1x1x2xf32>, tensor<1x1x2xf32>, tensor<5x2xf32>, tensor<5xf32>, tensor<3x2xf32>, tensor<3xf32>,
         tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
      -> (tensor<1x1x2xf32>, tensor<1x1x1x2x2xf32>, tensor<1x1x1x1x1xf32>)
  %p0 = tensor.cast %r#0 : tensor<1x1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()
  %p1 = tensor.cast %r#1 : tensor<1x1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  %p2 = tensor.cast %r#2 : tensor<1x1x1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p2) : (tensor<*xf32>) -> ()

  // All gates are 1/4. With the stored M the filter of channels swaps them: (0, 1) + (0, 1) + (1, 3) = (1, 5)
  // becomes (1, 0). The stored S of -3 makes a second row of 0, whose shift is 1: norms of (1, 0) and (1, 1).
  // CHECK: [1, -1]
  // CHECK: [1]
  // CHECK: [0]
  %w4 = arith.constant dense<0.0> : tensor<4x2xf32>
  %w2 = arith.constant dense<0.0> : tensor<2x2xf32>
  %w1 = arith.constant dense<0.0> : tensor<1x2xf32>
  %zeros4 = arith.constant dense<0.0> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %rowShifts = arith.constant dense<[0.0, 0.0, 0.0, 1.0]> : tensor<4xf32>
  %output = arith.constant dense<[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %m = arith.constant dense<[[[[[-3.0, 4.0], [4.0, -3.0]]]]]> : tensor<1x1x1x2x2xf32>
  %s = arith.constant dense<[[[[[-3.0]]]]]> : tensor<1x1x1x1x1xf32>
  %q:3 = lathe.dynamic_mix %sampled, %query, %m, %s, %w5, %filters, %w4, %rowShifts, %output, %two, %one, %two,
         %w4, %zeros4, %w2, %two, %w1, %zero, %w1, %zero, %identity, %two, %identity, %two, %w1, %zero
      {points = 1 : i64, subpoints = 1 : i64, out_points = 2 : i64, eps = 0.0 : f64,
       operandSegmentSizes = array<i32: 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<1x1x1x1x2xf32>, tensor<1x1x2xf32>, tensor<1x1x1x2x2xf32>, tensor<1x1x1x1x1xf32>,
         tensor<5x2xf32>, tensor<5xf32>, tensor<4x2xf32>, tensor<4xf32>, tensor<2x4xf32>, tensor<2xf32>,
         tensor<2xf32>, tensor<2xf32>, tensor<4x2xf32>, tensor<4xf32>, tensor<2x2xf32>, tensor<2xf32>,
         tensor<1x2xf32>, tensor<1xf32>, tensor<1x2xf32>, tensor<1xf32>, tensor<2x2xf32>, tensor<2xf32>,
         tensor<2x2xf32>, tensor<2xf32>, tensor<1x2xf32>, tensor<1xf32>)
      -> (tensor<1x1x2xf32>, tensor<1x1x1x2x2xf32>, tensor<1x1x1x2x1xf32>)
  %p3 = tensor.cast %q#0 : tensor<1x1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p3) : (tensor<*xf32>) -> ()
  %p4 = tensor.cast %q#2 : tensor<1x1x1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p4) : (tensor<*xf32>) -> ()
  return
}
