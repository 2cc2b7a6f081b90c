// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Three stages, two queries, two ground truths of the classes 1 and 0.

func.func private @printMemrefF32(tensor<*xf32>)

func.func @main() {
  // The first query is matched at the first stage, the second at the last: a stage learns what was matched at
  // the stage before and at any later one, where the IoU is 0.5 or more. In the last stage it is 0.4.
  // CHECK: [0, 1]
  // CHECK: [1, 0]
  // CHECK: [0, 1]
  // CHECK: [1, 0]
  // CHECK: [0, 0]
  // CHECK: [0, 0]
  %matched = arith.constant dense<[[1, 0], [0, 0], [0, 2]]> : tensor<3x2xi64>
  %boxes = arith.constant dense<[[[0.0, 0.0, 2.0, 2.0], [4.0, 4.0, 6.0, 6.0]],
      [[0.0, 0.0, 2.0, 2.0], [4.0, 4.0, 6.0, 8.0]], [[0.0, 0.0, 2.0, 2.0], [4.0, 4.0, 6.0, 9.0]]]> : tensor<3x2x4xf32>
  %truths = arith.constant dense<[[0.0, 0.0, 2.0, 2.0], [4.0, 4.0, 6.0, 6.0]]> : tensor<2x4xf32>
  %labels = arith.constant dense<[1, 0]> : tensor<2xi64>
  %r:2 = lathe.cross_stage_assignment %matched, %boxes, %truths, %labels {classes = 2 : i64, threshold = 0.5 : f64}
      : (tensor<3x2xi64>, tensor<3x2x4xf32>, tensor<2x4xf32>, tensor<2xi64>) -> (tensor<3x2x2xf32>, tensor<3xf32>)
  %p0 = tensor.cast %r#0 : tensor<3x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p0) : (tensor<*xf32>) -> ()
  // CHECK: [2, 2, 1]
  %p1 = tensor.cast %r#1 : tensor<3xf32> to tensor<*xf32>
  call @printMemrefF32(%p1) : (tensor<*xf32>) -> ()
  return
}
