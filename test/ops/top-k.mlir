// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// The largest of each row and their places.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI64(tensor<*xi64>)
func.func private @printMemrefI32(tensor<*xi32>)

// The last argument of an entry is its context, which the runtime is given.
func.func private @best(%x: tensor<2x4xf32>, %context: !llvm.ptr) -> (tensor<2x2xf32>, tensor<2x2xi64>) {
  %r:2 = lathe.top_k %x {k = 2 : i64, index = #lathe<element_kind i64>}
      : (tensor<2x4xf32>) -> (tensor<2x2xf32>, tensor<2x2xi64>)
  return %r#0, %r#1 : tensor<2x2xf32>, tensor<2x2xi64>
}

// Narrow floats and places.
func.func private @narrow(%x: tensor<3xf16>, %context: !llvm.ptr) -> (tensor<3xf32>, tensor<3xi32>) {
  %r:2 = lathe.top_k %x {k = 3 : i64, index = #lathe<element_kind i32>} : (tensor<3xf16>) -> (tensor<3xf16>, tensor<3xi32>)
  %v = lathe.cast %r#0 {to = #lathe<element_kind f32>} : (tensor<3xf16>) -> tensor<3xf32>
  return %v, %r#1 : tensor<3xf32>, tensor<3xi32>
}

// Columns: what does not lie densely.
func.func private @columns(%x: tensor<2x4xf32>, %context: !llvm.ptr) -> tensor<2x1xi64> {
  %s = lathe.slice %x {axis = 1 : i64, start = 1 : i64, end = 3 : i64, step = 1 : i64} : (tensor<2x4xf32>) -> tensor<2x2xf32>
  %r:2 = lathe.top_k %s {k = 1 : i64, index = #lathe<element_kind i64>} : (tensor<2x2xf32>) -> (tensor<2x1xf32>, tensor<2x1xi64>)
  return %r#1 : tensor<2x1xi64>
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  %x = arith.constant dense<[[1.0, 3.0, 2.0, 3.0], [4.0, 0x7FC00000, 6.0, 5.0]]> : tensor<2x4xf32>
  // The first of equals comes first, and a NaN counts as the largest.
  // CHECK: [3, 3]
  // CHECK-NEXT: [nan, 6]
  // CHECK: [1, 3]
  // CHECK-NEXT: [1, 2]
  %v, %p = call @best(%x, %context) : (tensor<2x4xf32>, !llvm.ptr) -> (tensor<2x2xf32>, tensor<2x2xi64>)
  %pv = tensor.cast %v : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%pv) : (tensor<*xf32>) -> ()
  %pp = tensor.cast %p : tensor<2x2xi64> to tensor<*xi64>
  call @printMemrefI64(%pp) : (tensor<*xi64>) -> ()

  // CHECK: [2.5, 1, -3]
  // CHECK: [2, 0, 1]
  %h = arith.constant dense<[1.0, -3.0, 2.5]> : tensor<3xf16>
  %w, %q = call @narrow(%h, %context) : (tensor<3xf16>, !llvm.ptr) -> (tensor<3xf32>, tensor<3xi32>)
  %pw = tensor.cast %w : tensor<3xf32> to tensor<*xf32>
  call @printMemrefF32(%pw) : (tensor<*xf32>) -> ()
  %pq = tensor.cast %q : tensor<3xi32> to tensor<*xi32>
  call @printMemrefI32(%pq) : (tensor<*xi32>) -> ()

  // CHECK: [0]
  // CHECK-NEXT: [1]
  %y = arith.constant dense<[[9.0, 3.0, 2.0, 9.0], [9.0, 4.0, 6.0, 9.0]]> : tensor<2x4xf32>
  %c = call @columns(%y, %context) : (tensor<2x4xf32>, !llvm.ptr) -> tensor<2x1xi64>
  %pc = tensor.cast %c : tensor<2x1xi64> to tensor<*xi64>
  call @printMemrefI64(%pc) : (tensor<*xi64>) -> ()
  return
}
