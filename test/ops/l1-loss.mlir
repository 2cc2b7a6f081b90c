// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Distances of 1, 0.5, 0 and 3.

func.func private @printMemrefF32(tensor<*xf32>)

!pair = tensor<2x2xf32>

func.func @main() {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : !pair
  %t = arith.constant dense<[[2.0, 1.5], [3.0, 1.0]]> : !pair
  // CHECK: [1, 0.5]
  // CHECK: [0, 3]
  %none = lathe.l1_loss %x, %t {operandSegmentSizes = array<i32: 1, 1, 0, 0>, beta = 0.0 : f64, reduction = #lathe<loss_reduction none>} : (!pair, !pair) -> !pair
  %p_none = tensor.cast %none : !pair to tensor<*xf32>
  call @printMemrefF32(%p_none) : (tensor<*xf32>) -> ()

  // Quadratic below 2.
  // CHECK: [0.25, 0.0625]
  // CHECK: [0, 2]
  %smooth = lathe.l1_loss %x, %t {operandSegmentSizes = array<i32: 1, 1, 0, 0>, beta = 2.0 : f64, reduction = #lathe<loss_reduction none>} : (!pair, !pair) -> !pair
  %p_smooth = tensor.cast %smooth : !pair to tensor<*xf32>
  call @printMemrefF32(%p_smooth) : (tensor<*xf32>) -> ()

  // CHECK: [4.5]
  %sum = lathe.l1_loss %x, %t {operandSegmentSizes = array<i32: 1, 1, 0, 0>, beta = 0.0 : f64, reduction = #lathe<loss_reduction sum>} : (!pair, !pair) -> tensor<1xf32>
  %p_sum = tensor.cast %sum : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_sum) : (tensor<*xf32>) -> ()

  // CHECK: [1.125]
  %mean = lathe.l1_loss %x, %t {operandSegmentSizes = array<i32: 1, 1, 0, 0>, beta = 0.0 : f64, reduction = #lathe<loss_reduction mean>} : (!pair, !pair) -> tensor<1xf32>
  %p_mean = tensor.cast %mean : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_mean) : (tensor<*xf32>) -> ()

  // Weights of 2 and 0 for the columns; the mean is still over all four.
  // CHECK: [0.5]
  %w = arith.constant dense<[2.0, 0.0]> : tensor<2xf32>
  %weighted = lathe.l1_loss %x, %t, %w {operandSegmentSizes = array<i32: 1, 1, 1, 0>, beta = 0.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (!pair, !pair, tensor<2xf32>) -> tensor<1xf32>
  %p_weighted = tensor.cast %weighted : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_weighted) : (tensor<*xf32>) -> ()

  // Divided by 3.
  // CHECK: [1.5]
  %n = arith.constant dense<[3.0]> : tensor<1xf32>
  %factor = lathe.l1_loss %x, %t, %n {operandSegmentSizes = array<i32: 1, 1, 0, 1>, beta = 0.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (!pair, !pair, tensor<1xf32>) -> tensor<1xf32>
  %p_factor = tensor.cast %factor : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_factor) : (tensor<*xf32>) -> ()

  // Nothing by nothing is nothing.
  // CHECK: [0]
  %z = arith.constant dense<[0.0]> : tensor<1xf32>
  %nothing = lathe.l1_loss %x, %x, %z {operandSegmentSizes = array<i32: 1, 1, 0, 1>, beta = 0.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (!pair, !pair, tensor<1xf32>) -> tensor<1xf32>
  %p_nothing = tensor.cast %nothing : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_nothing) : (tensor<*xf32>) -> ()
  return
}
