// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// One number everywhere; the size comes from an input.

func.func private @printMemrefF32(tensor<*xf32>)

!any = tensor<?x2xf32, #lathe.dims<"tokens", "">>

func.func private @halves(%x: !any, %context: !llvm.ptr) -> !any {
  %0 = lathe.full 0.5 : !any
  %1 = lathe.binary %0, %x {kind = #lathe<binary_kind max>} : (!any, !any) -> !any
  return %1 : !any
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  // CHECK: [0.5, 0.5]
  // CHECK-NEXT: [0.75, 1]
  // CHECK-NEXT: [0.5, 0.5]
  %c = arith.constant dense<[[0.0, 0.25], [0.75, 1.0], [-1.0, 0.5]]> : tensor<3x2xf32>
  %x = tensor.cast %c : tensor<3x2xf32> to !any
  %y = call @halves(%x, %context) : (!any, !llvm.ptr) -> !any
  %p = tensor.cast %y : !any to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
