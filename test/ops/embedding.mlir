// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Rows of a table, by number.

func.func private @printMemrefF32(tensor<*xf32>)

// The last argument of an entry is its context, for reports of numbers outside.
func.func private @embed(%i: tensor<3xi32>, %table: tensor<2x2xf32>, %context: !llvm.ptr) -> tensor<3x2xf32> {
  %r = lathe.embedding %i, %table : (tensor<3xi32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}

// Stands for the runtime's function.
func.func @latheReportIndex(%context: !llvm.ptr, %event: i64, %index: i64, %bound: i64) {
  return
}

func.func @main() {
  // CHECK: [3, 4]
  // CHECK-NEXT: [1, 2]
  // CHECK-NEXT: [3, 4]
  %context = llvm.mlir.zero : !llvm.ptr
  %table = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %i = arith.constant dense<[1, 0, 1]> : tensor<3xi32>
  %r = call @embed(%i, %table, %context) : (tensor<3xi32>, tensor<2x2xf32>, !llvm.ptr) -> tensor<3x2xf32>
  %p = tensor.cast %r : tensor<3x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
