// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Assignments of least cost: 0 for none, else 1 + the column.

func.func private @printMemrefI64(tensor<*xi64>)

func.func private @match(%x: tensor<2x3x2xf32>, %context: !llvm.ptr) -> tensor<2x3xi64> {
  %r = lathe.bipartite_match %x : (tensor<2x3x2xf32>) -> tensor<2x3xi64>
  return %r : tensor<2x3xi64>
}

// Any number of columns, none among them.
!costs = tensor<3x?xf32, #lathe.dims<"", "objects">>
func.func private @any(%x: !costs, %context: !llvm.ptr) -> tensor<3xi64> {
  %r = lathe.bipartite_match %x : (!costs) -> tensor<3xi64>
  return %r : tensor<3xi64>
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  // Greedily, row 0 would take column 0, and the sum be 1 + 5.
  // CHECK: [2, 1, 0]
  // CHECK-NEXT: [0, 2, 1]
  %x = arith.constant dense<[[[1.0, 2.0], [2.0, 5.0], [9.0, 9.0]],
                             [[7.0, 7.0], [3.0, -1.0], [0.5, 4.0]]]> : tensor<2x3x2xf32>
  %r = call @match(%x, %context) : (tensor<2x3x2xf32>, !llvm.ptr) -> tensor<2x3xi64>
  %p = tensor.cast %r : tensor<2x3xi64> to tensor<*xi64>
  call @printMemrefI64(%p) : (tensor<*xi64>) -> ()

  // CHECK: [4, 1, 2]
  %y = arith.constant dense<[[5.0, 5.0, 5.0, 1.0], [0.0, 5.0, 5.0, 0.0], [5.0, 2.0, 3.0, 5.0]]> : tensor<3x4xf32>
  %d = tensor.cast %y : tensor<3x4xf32> to !costs
  %s = call @any(%d, %context) : (!costs, !llvm.ptr) -> tensor<3xi64>
  %q = tensor.cast %s : tensor<3xi64> to tensor<*xi64>
  call @printMemrefI64(%q) : (tensor<*xi64>) -> ()

  // CHECK: [0, 0, 0]
  %c0 = arith.constant 0 : index
  %e = tensor.empty(%c0) : !costs
  %n = call @any(%e, %context) : (!costs, !llvm.ptr) -> tensor<3xi64>
  %pn = tensor.cast %n : tensor<3xi64> to tensor<*xi64>
  call @printMemrefI64(%pn) : (tensor<*xi64>) -> ()
  return
}
