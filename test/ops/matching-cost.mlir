// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// 2 focal + 5 L1 - 2 GIoU of one query and two ground truths of the class 1.

func.func private @printMemrefF32(tensor<*xf32>)

// Stands for the runtime's function.
func.func @latheReportIndex(%context: !llvm.ptr, %event: i64, %index: i64, %bound: i64) {
  return
}

// The last argument of an entry is its context.
func.func private @cost(%logits: tensor<1x2xf32>, %boxes: tensor<1x4xf32>, %truths: tensor<2x4xf32>,
                        %labels: tensor<2xi64>, %context: !llvm.ptr) -> tensor<1x2xf32> {
  %r = lathe.matching_cost %logits, %boxes, %truths, %labels
      {image = array<f64: 10.0, 20.0>, alpha = 0.25 : f64, gamma = 2.0 : f64, class_weight = 2.0 : f64,
       box_weight = 5.0 : f64, overlap_weight = 2.0 : f64}
      : (tensor<1x2xf32>, tensor<1x4xf32>, tensor<2x4xf32>, tensor<2xi64>) -> tensor<1x2xf32>
  return %r : tensor<1x2xf32>
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  %logits = arith.constant dense<[[7.0, 0.0]]> : tensor<1x2xf32>
  %boxes = arith.constant dense<[[0.0, 0.0, 2.0, 2.0]]> : tensor<1x4xf32>
  %truths = arith.constant dense<[[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0]]> : tensor<2x4xf32>
  %labels = arith.constant dense<[1, 1]> : tensor<2xi64>
  // CHECK: [-2.17329, 1.48544]
  %r = call @cost(%logits, %boxes, %truths, %labels, %context)
      : (tensor<1x2xf32>, tensor<1x4xf32>, tensor<2x4xf32>, tensor<2xi64>, !llvm.ptr) -> tensor<1x2xf32>
  %p = tensor.cast %r : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()
  return
}
