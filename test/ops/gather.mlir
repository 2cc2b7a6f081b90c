// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Slices of a tensor, by number. A number outside is reported and takes the
// nearest end.

func.func private @printMemrefF32(tensor<*xf32>)
llvm.func @printI64(i64)
llvm.func @printNewline()

// Stands for the runtime's function.
func.func @latheReportIndex(%context: !llvm.ptr, %event: i64, %index: i64, %bound: i64) {
  llvm.call @printI64(%index) : (i64) -> ()
  llvm.call @printNewline() : () -> ()
  return
}

// The last argument of an entry is its context.
func.func private @columns(%x: tensor<2x3xf32>, %i: tensor<2xi64>, %context: !llvm.ptr) -> tensor<2x2xf32> {
  %r = lathe.gather %x, %i {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

func.func private @rows(%x: tensor<2x3xf32>, %i: tensor<1x3xi8>, %context: !llvm.ptr) -> tensor<1x3x3xf32> {
  %r = lathe.gather %x, %i {axis = -2 : i64} : (tensor<2x3xf32>, tensor<1x3xi8>) -> tensor<1x3x3xf32>
  return %r : tensor<1x3x3xf32>
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  %x = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>

  // CHECK: [3, 1]
  // CHECK-NEXT: [6, 4]
  %i = arith.constant dense<[2, 0]> : tensor<2xi64>
  %c = call @columns(%x, %i, %context) : (tensor<2x3xf32>, tensor<2xi64>, !llvm.ptr) -> tensor<2x2xf32>
  %pc = tensor.cast %c : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%pc) : (tensor<*xf32>) -> ()

  // CHECK: -1
  // CHECK: 2
  // CHECK: [4, 5, 6]
  // CHECK-NEXT: [1, 2, 3]
  // CHECK-NEXT: [4, 5, 6]
  %j = arith.constant dense<[[1, -1, 2]]> : tensor<1x3xi8>
  %r = call @rows(%x, %j, %context) : (tensor<2x3xf32>, tensor<1x3xi8>, !llvm.ptr) -> tensor<1x3x3xf32>
  %pr = tensor.cast %r : tensor<1x3x3xf32> to tensor<*xf32>
  call @printMemrefF32(%pr) : (tensor<*xf32>) -> ()
  return
}
