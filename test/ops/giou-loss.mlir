// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// GIoUs of 1, 1/7 - 2/9, -4/9 and, of boxes without area, 0 - (2 - 1e-6)/2.

func.func private @printMemrefF32(tensor<*xf32>)

!boxes = tensor<4x4xf32>

func.func @main() {
  %x = arith.constant dense<[[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0]]> : !boxes
  %t = arith.constant dense<[[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0], [2.0, 2.0, 3.0, 3.0], [2.0, 3.0, 2.0, 3.0]]> : !boxes
  // CHECK: [0, 1.07937, 1.44444, 2]
  %none = lathe.giou_loss %x, %t {operandSegmentSizes = array<i32: 1, 1, 0, 0>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction none>}
      : (!boxes, !boxes) -> tensor<4xf32>
  %p_none = tensor.cast %none : tensor<4xf32> to tensor<*xf32>
  call @printMemrefF32(%p_none) : (tensor<*xf32>) -> ()

  // CHECK: [4.52381]
  %sum = lathe.giou_loss %x, %t {operandSegmentSizes = array<i32: 1, 1, 0, 0>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction sum>}
      : (!boxes, !boxes) -> tensor<1xf32>
  %p_sum = tensor.cast %sum : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_sum) : (tensor<*xf32>) -> ()

  // CHECK: [1.13095]
  %mean = lathe.giou_loss %x, %t {operandSegmentSizes = array<i32: 1, 1, 0, 0>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction mean>}
      : (!boxes, !boxes) -> tensor<1xf32>
  %p_mean = tensor.cast %mean : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_mean) : (tensor<*xf32>) -> ()

  // Matched are the second and the third.
  // CHECK: [1.2619]
  %w = arith.constant dense<[0.0, 1.0, 1.0, 0.0]> : tensor<4xf32>
  %n = arith.constant dense<2.0> : tensor<f32>
  %factor = lathe.giou_loss %x, %t, %w, %n {operandSegmentSizes = array<i32: 1, 1, 1, 1>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction mean>}
      : (!boxes, !boxes, tensor<4xf32>, tensor<f32>) -> tensor<1xf32>
  %p_factor = tensor.cast %factor : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_factor) : (tensor<*xf32>) -> ()
  return
}
