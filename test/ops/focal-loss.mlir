// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Probabilities of 3/4 and 1/2, and of nearly 1 and nearly 0.

func.func private @printMemrefF32(tensor<*xf32>)

// Stands for the runtime's function.
func.func @latheReportIndex(%context: !llvm.ptr, %event: i64, %index: i64, %bound: i64) {
  return
}

!pair = tensor<2x2xf32>

func.func private @labelled(%x: !pair, %t: tensor<2xi64>, %c: !llvm.ptr) -> !pair {
  %r = lathe.focal_loss %x, %t {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction none>}
      : (!pair, tensor<2xi64>) -> !pair
  return %r : !pair
}

func.func @main() {
  %x = arith.constant dense<[[1.098612288, 0.0], [100.0, -100.0]]> : !pair
  %t = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : !pair
  // 1/4 (1/4)^2 ln 4/3 and 3/4 (1/2)^2 ln 2; 3/4 100 and 1/4 100.
  // CHECK: [0.00449503, 0.129965]
  // CHECK: [75, 25]
  %none = lathe.focal_loss %x, %t
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction none>}
      : (!pair, !pair) -> !pair
  %p_none = tensor.cast %none : !pair to tensor<*xf32>
  call @printMemrefF32(%p_none) : (tensor<*xf32>) -> ()

  // Another power: 1/4 (1/4)^1.5 ln 4/3 and 3/4 (1/2)^1.5 ln 2; what is settled costs nothing.
  // The first is 0.00899006476, a quarter of an f32's last place below where the sixth digit rounds up.
  // CHECK: [0.0089900{{[67]}}, 0.183798]
  // CHECK: [0, 0]
  %s = arith.constant dense<[[1.0, 0.0], [1.0, 0.0]]> : !pair
  %power = lathe.focal_loss %x, %s
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 1.5 : f64, reduction = #lathe<loss_reduction none>}
      : (!pair, !pair) -> !pair
  %p_power = tensor.cast %power : !pair to tensor<*xf32>
  call @printMemrefF32(%p_power) : (tensor<*xf32>) -> ()

  // CHECK: [100.134]
  %sum = lathe.focal_loss %x, %t
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction sum>}
      : (!pair, !pair) -> tensor<1xf32>
  %p_sum = tensor.cast %sum : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_sum) : (tensor<*xf32>) -> ()

  // A quarter of it.
  // CHECK: [25.0336]
  %mean = lathe.focal_loss %x, %t
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (!pair, !pair) -> tensor<1xf32>
  %p_mean = tensor.cast %mean : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_mean) : (tensor<*xf32>) -> ()

  // The first query weighs 0, the second 2; by 50.
  // CHECK: [4]
  %w = arith.constant dense<[[0.0], [2.0]]> : tensor<2x1xf32>
  %n = arith.constant dense<50.0> : tensor<f32>
  %factor = lathe.focal_loss %x, %t, %w, %n
      {operandSegmentSizes = array<i32: 1, 1, 1, 1>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (!pair, !pair, tensor<2x1xf32>, tensor<f32>) -> tensor<1xf32>
  %p_factor = tensor.cast %factor : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_factor) : (tensor<*xf32>) -> ()

  // The first is of the class 0, the second of none.
  // CHECK: [0.00449503, 0.129965]
  // CHECK: [75, 0]
  %c = llvm.mlir.zero : !llvm.ptr
  %l = arith.constant dense<[0, 2]> : tensor<2xi64>
  %labels = call @labelled(%x, %l, %c) : (!pair, tensor<2xi64>, !llvm.ptr) -> !pair
  %p_labels = tensor.cast %labels : !pair to tensor<*xf32>
  call @printMemrefF32(%p_labels) : (tensor<*xf32>) -> ()
  return
}
