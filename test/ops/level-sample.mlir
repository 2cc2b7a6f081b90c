// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Two levels of strides 2 and 4, two groups of one channel; the second group's places lie one level higher.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // Between four pixels and on the coarse level's only one, half of each; on a pixel; far outside, at infinity
  // and nowhere.
  // CHECK: 5.25
  // CHECK: 65.2082
  // CHECK: 2.75
  // CHECK: 35.5871
  // CHECK: {{\[+}}0]
  // CHECK: [0]
  // CHECK: {{\[+}}0]
  // CHECK: [0]
  // CHECK: {{-?nan}}
  // CHECK: {{-?nan}}
  %query = arith.constant dense<0.0> : tensor<1x5x2xf32>
  %boxes = arith.constant dense<[[[2.0, 2.0, 3.5, 0.0], [1.0, 1.0, 3.5, 0.0], [1.0e+30, 1.0, 3.5, 0.0],
      [2.0, 0xFF800000, 3.5, 0.0], [2.0, 0x7FC00000, 3.5, 0.0]]]> : tensor<1x5x4xf32>
  %fine = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]], [[10.0, 20.0], [30.0, 40.0]]]]> : tensor<1x2x2x2xf32>
  %coarse = arith.constant dense<[[[[8.0]], [[80.0]]]]> : tensor<1x2x1x1xf32>
  %w1 = arith.constant dense<0.0> : tensor<6x2xf32>
  %b1 = arith.constant dense<[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]> : tensor<6xf32>
  %w2 = arith.constant dense<0.0> : tensor<3x2xf32>
  %b2 = arith.constant dense<0.0> : tensor<3xf32>
  %r = lathe.level_sample %query, %boxes, %fine, %coarse, %w1, %b1, %w2, %b2
      {groups = 2 : i64, points = 1 : i64, subpoints = 1 : i64, strides = array<i64: 2, 4>}
      : (tensor<1x5x2xf32>, tensor<1x5x4xf32>, tensor<1x2x2x2xf32>, tensor<1x2x1x1xf32>, tensor<6x2xf32>,
         tensor<6xf32>, tensor<3x2xf32>, tensor<3xf32>) -> tensor<1x5x2x1x1xf32>
  %p = tensor.cast %r : tensor<1x5x2x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
