// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Two true experts and one null expert; two picks.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI64(tensor<*xi64>)

func.func private @route(%x: tensor<3x2xf32>, %g: tensor<2x2xf32>, %n: tensor<1x2xf32>, %context: !llvm.ptr)
    -> (tensor<3x3xf32>, tensor<3x2xf32>, tensor<3x2xi64>) {
  %r:3 = lathe.null_expert_router %x, %g, %n {top_k = 2 : i64}
      : (tensor<3x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> (tensor<3x3xf32>, tensor<3x2xf32>, tensor<3x2xi64>)
  return %r#0, %r#1, %r#2 : tensor<3x3xf32>, tensor<3x2xf32>, tensor<3x2xi64>
}

// One pick, which may be null.
func.func private @single(%x: tensor<3x2xf32>, %g: tensor<2x2xf32>, %n: tensor<1x2xf32>, %context: !llvm.ptr) -> tensor<3x1xf32> {
  %r:3 = lathe.null_expert_router %x, %g, %n {top_k = 1 : i64}
      : (tensor<3x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> (tensor<3x3xf32>, tensor<3x1xf32>, tensor<3x1xi64>)
  return %r#1 : tensor<3x1xf32>
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  // ln 3, so that one probability is thrice another.
  %x = arith.constant dense<[[1.0986123, 0.0], [0.0, 1.0986123], [1.0986123, 1.0986123]]> : tensor<3x2xf32>
  %g = arith.constant dense<[[1.0, 0.0], [0.0, -2.0]]> : tensor<2x2xf32>
  %n = arith.constant dense<[[-3.0, 2.0]]> : tensor<1x2xf32>
  // CHECK: [1.09861, 0, -3.29584]
  // CHECK-NEXT: [0, -2.19722, 2.19722]
  // CHECK-NEXT: [1.09861, -2.19722, -1.09861]
  // Where one of two picks is null, the other has all the weight.
  // CHECK: [0.75, 0.25]
  // CHECK-NEXT: [0, 1]
  // CHECK-NEXT: [1, 0]
  // CHECK: [0, 1]
  // CHECK-NEXT: [2, 0]
  // CHECK-NEXT: [0, 2]
  %l, %w, %p = call @route(%x, %g, %n, %context)
      : (tensor<3x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>, !llvm.ptr) -> (tensor<3x3xf32>, tensor<3x2xf32>, tensor<3x2xi64>)
  %pl = tensor.cast %l : tensor<3x3xf32> to tensor<*xf32>
  call @printMemrefF32(%pl) : (tensor<*xf32>) -> ()
  %pw = tensor.cast %w : tensor<3x2xf32> to tensor<*xf32>
  call @printMemrefF32(%pw) : (tensor<*xf32>) -> ()
  %pp = tensor.cast %p : tensor<3x2xi64> to tensor<*xi64>
  call @printMemrefI64(%pp) : (tensor<*xi64>) -> ()

  // The second vector has no true pick: its weight is 0 and no NaN.
  // CHECK: [1]
  // CHECK-NEXT: [0]
  // CHECK-NEXT: [1]
  %s = call @single(%x, %g, %n, %context) : (tensor<3x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>, !llvm.ptr) -> tensor<3x1xf32>
  %ps = tensor.cast %s : tensor<3x1xf32> to tensor<*xf32>
  call @printMemrefF32(%ps) : (tensor<*xf32>) -> ()
  return
}
