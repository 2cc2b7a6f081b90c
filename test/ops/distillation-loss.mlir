// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// A student of two channels and its teacher of three.

func.func private @printMemrefF32(tensor<*xf32>)

!student = tensor<2x2xf32>
!teacher = tensor<2x3xf32>

func.func @main() {
  %s = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : !student
  %t = arith.constant dense<[[2.0, 2.0, 9.0], [0.0, 3.0, 9.0]]> : !teacher
  // CHECK: [1, 0]
  // CHECK: [9, 1]
  %none = lathe.distillation_loss %s, %t {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction none>}
      : (!student, !teacher) -> !student
  %p_none = tensor.cast %none : !student to tensor<*xf32>
  call @printMemrefF32(%p_none) : (tensor<*xf32>) -> ()

  // CHECK: [11]
  %sum = lathe.distillation_loss %s, %t {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction sum>}
      : (!student, !teacher) -> tensor<1xf32>
  %p_sum = tensor.cast %sum : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_sum) : (tensor<*xf32>) -> ()

  // CHECK: [2.75]
  %mean = lathe.distillation_loss %s, %t {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (!student, !teacher) -> tensor<1xf32>
  %p_mean = tensor.cast %mean : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_mean) : (tensor<*xf32>) -> ()

  // The teacher's 3/4 and 1/4 against 1/2 and 1/2; then 1 and 0 (e^-200) against 0 and 1.
  // CHECK: [0.130812, 200]
  %q = arith.constant dense<[[5.0, 5.0], [-100.0, 100.0]]> : !student
  %p = arith.constant dense<[[1.098612288, 0.0], [100.0, -100.0]]> : !student
  %kl = lathe.distillation_loss %q, %p {kind = #lathe<distillation_kind kl>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction none>}
      : (!student, !student) -> tensor<2xf32>
  %p_kl = tensor.cast %kl : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p_kl) : (tensor<*xf32>) -> ()

  // At the temperature of 2 the first are 0.633975 and 0.366025: 4 times 0.0363408; 4 times 100.
  // CHECK: [0.145363, 400]
  %warm = lathe.distillation_loss %q, %p {kind = #lathe<distillation_kind kl>, axis = 1 : i64, temperature = 2.0 : f64, reduction = #lathe<loss_reduction none>}
      : (!student, !student) -> tensor<2xf32>
  %p_warm = tensor.cast %warm : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p_warm) : (tensor<*xf32>) -> ()

  // CHECK: [100.065]
  %klMean = lathe.distillation_loss %q, %p {kind = #lathe<distillation_kind kl>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (!student, !student) -> tensor<1xf32>
  %p_klMean = tensor.cast %klMean : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_klMean) : (tensor<*xf32>) -> ()

  // A class that the teacher rules out counts 0.
  // CHECK: [0.693147, 0]
  %eq = arith.constant dense<[[1.0, 1.0], [1.0, 1.0]]> : !student
  %out = arith.constant dense<[[0.0, 0xFF800000], [7.0, 7.0]]> : !student
  %ruled = lathe.distillation_loss %eq, %out {kind = #lathe<distillation_kind kl>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction none>}
      : (!student, !student) -> tensor<2xf32>
  %p_ruled = tensor.cast %ruled : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p_ruled) : (tensor<*xf32>) -> ()
  return
}
