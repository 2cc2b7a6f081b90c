// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Vectors through the experts that were picked for them. Expert 0 gives
// x₀ silu(x₀), expert 1 twice x₁ silu(x₁), both in the first feature.

func.func private @printMemrefF32(tensor<*xf32>)

!any = tensor<?x2xf32, #lathe.dims<"tokens", "">>
!weights = tensor<?x2xf32, #lathe.dims<"tokens", "">>
!picks = tensor<?x2xi64, #lathe.dims<"tokens", "">>

func.func private @mix(%x: !any, %w: !weights, %p: !picks, %a: tensor<1x2xf32>, %b: tensor<1x2xf32>, %one: tensor<2x1xf32>,
    %two: tensor<2x1xf32>, %context: !llvm.ptr) -> !any {
  %r = lathe.experts %x, %w, %p, %a, %b, %one, %two, %a, %b {operandSegmentSizes = array<i32: 1, 1, 1, 2, 2, 2>}
      : (!any, !weights, !picks, tensor<1x2xf32>, tensor<1x2xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<1x2xf32>,
         tensor<1x2xf32>) -> !any
  return %r : !any
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  %a = arith.constant dense<[[1.0, 0.0]]> : tensor<1x2xf32>
  %b = arith.constant dense<[[0.0, 1.0]]> : tensor<1x2xf32>
  %one = arith.constant dense<[[1.0], [0.0]]> : tensor<2x1xf32>
  %two = arith.constant dense<[[2.0], [0.0]]> : tensor<2x1xf32>
  // silu(100) is 100. The second vector has null picks only (2 is no expert, nor
  // is -1), and the third has the same expert twice.
  // CHECK: [30000, 0]
  // CHECK-NEXT: [0, 0]
  // CHECK-NEXT: [20000, 0]
  // CHECK-NEXT: [2500, 0]
  %x0 = arith.constant dense<[[100.0, 200.0], [100.0, 100.0], [100.0, 100.0], [100.0, 0.0]]> : tensor<4x2xf32>
  %w0 = arith.constant dense<[[1.0, 0.25], [0.5, 0.5], [0.5, 0.5], [0.5, 0.25]]> : tensor<4x2xf32>
  %p0 = arith.constant dense<[[0, 1], [2, -1], [1, 1], [1, 0]]> : tensor<4x2xi64>
  %x = tensor.cast %x0 : tensor<4x2xf32> to !any
  %w = tensor.cast %w0 : tensor<4x2xf32> to !weights
  %p = tensor.cast %p0 : tensor<4x2xi64> to !picks
  %r = call @mix(%x, %w, %p, %a, %b, %one, %two, %context)
      : (!any, !weights, !picks, tensor<1x2xf32>, tensor<1x2xf32>, tensor<2x1xf32>, tensor<2x1xf32>, !llvm.ptr) -> !any
  %pr = tensor.cast %r : !any to tensor<*xf32>
  call @printMemrefF32(%pr) : (tensor<*xf32>) -> ()

  // No true pick at all.
  // CHECK: [0, 0]
  %x1 = arith.constant dense<[[100.0, 200.0]]> : tensor<1x2xf32>
  %p1 = arith.constant dense<[[7, 2]]> : tensor<1x2xi64>
  %y = tensor.cast %x1 : tensor<1x2xf32> to !any
  %v = tensor.cast %x1 : tensor<1x2xf32> to !weights
  %q = tensor.cast %p1 : tensor<1x2xi64> to !picks
  %s = call @mix(%y, %v, %q, %a, %b, %one, %two, %context)
      : (!any, !weights, !picks, tensor<1x2xf32>, tensor<1x2xf32>, tensor<2x1xf32>, tensor<2x1xf32>, !llvm.ptr) -> !any
  %ps = tensor.cast %s : !any to tensor<*xf32>
  call @printMemrefF32(%ps) : (tensor<*xf32>) -> ()
  return
}
