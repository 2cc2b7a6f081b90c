// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// The probabilities are 1/4, 1/4, 1/2 and 3/5, 1/5, 1/5.

func.func private @printMemrefF32(tensor<*xf32>)

// Stands for the runtime's function.
func.func @latheReportIndex(%context: !llvm.ptr, %event: i64, %index: i64, %bound: i64) {
  return
}

!logits = tensor<2x3xf32>
!labels = tensor<2xi64>

// The last argument of an entry is its context, for reports of targets outside.
func.func private @losses(%x: !logits, %t: !labels, %c: !llvm.ptr)
    -> (tensor<2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<2xf32>) {
  %none = lathe.cross_entropy %x, %t {axis = -1 : i64, reduction = #lathe<loss_reduction none>, label_smoothing = 0.0 : f64}
      : (!logits, !labels) -> tensor<2xf32>
  %sum = lathe.cross_entropy %x, %t {axis = 1 : i64, reduction = #lathe<loss_reduction sum>, label_smoothing = 0.0 : f64}
      : (!logits, !labels) -> tensor<1xf32>
  %mean = lathe.cross_entropy %x, %t {axis = -1 : i64, reduction = #lathe<loss_reduction mean>, label_smoothing = 0.0 : f64}
      : (!logits, !labels) -> tensor<1xf32>
  // A tenth of the target for each class: ln 4 - 0.8 ln 2, and ln 5 - 0.8 ln 3.
  %smooth = lathe.cross_entropy %x, %t {axis = -1 : i64, reduction = #lathe<loss_reduction none>, label_smoothing = 0.3 : f64}
      : (!logits, !labels) -> tensor<2xf32>
  return %none, %sum, %mean, %smooth : tensor<2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<2xf32>
}

// What is ignored need be no class.
func.func private @ignoring(%x: !logits, %t: tensor<2xui8>, %c: !llvm.ptr) -> (tensor<2xf32>, tensor<1xf32>) {
  %none = lathe.cross_entropy %x, %t {axis = -1 : i64, reduction = #lathe<loss_reduction none>, ignore_index = 255 : i64, label_smoothing = 0.0 : f64}
      : (!logits, tensor<2xui8>) -> tensor<2xf32>
  %mean = lathe.cross_entropy %x, %t {axis = -1 : i64, reduction = #lathe<loss_reduction mean>, ignore_index = 255 : i64, label_smoothing = 0.0 : f64}
      : (!logits, tensor<2xui8>) -> tensor<1xf32>
  return %none, %mean : tensor<2xf32>, tensor<1xf32>
}

// Classes at the front; no exponential overflows, and none is lost.
func.func private @far(%x: tensor<2x2xf32>, %t: !labels, %c: !llvm.ptr) -> tensor<2xf32> {
  %none = lathe.cross_entropy %x, %t {axis = 0 : i64, reduction = #lathe<loss_reduction none>, label_smoothing = 0.0 : f64}
      : (tensor<2x2xf32>, !labels) -> tensor<2xf32>
  return %none : tensor<2xf32>
}

func.func @main() {
  %c = llvm.mlir.zero : !llvm.ptr
  %x = arith.constant dense<[[0.0, 0.0, 0.693147180], [1.098612288, 0.0, 0.0]]> : !logits
  %t = arith.constant dense<[2, 0]> : !labels
  %none, %sum, %mean, %smooth = call @losses(%x, %t, %c)
      : (!logits, !labels, !llvm.ptr) -> (tensor<2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<2xf32>)
  // CHECK: [0.693147, 0.510826]
  %p_none = tensor.cast %none : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p_none) : (tensor<*xf32>) -> ()
  // CHECK: [1.20397]
  %p_sum = tensor.cast %sum : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_sum) : (tensor<*xf32>) -> ()
  // CHECK: [0.601986]
  %p_mean = tensor.cast %mean : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_mean) : (tensor<*xf32>) -> ()
  // CHECK: [0.831777, 0.730548]
  %p_smooth = tensor.cast %smooth : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p_smooth) : (tensor<*xf32>) -> ()

  // The second target is 255.
  // CHECK: [0.693147, 0]
  // CHECK: [0.693147]
  %u = arith.constant dense<[2, 255]> : !labels
  %bytes = lathe.cast %u {to = #lathe<element_kind u8>} : (!labels) -> tensor<2xui8>
  %kept, %keptMean = call @ignoring(%x, %bytes, %c)
      : (!logits, tensor<2xui8>, !llvm.ptr) -> (tensor<2xf32>, tensor<1xf32>)
  %p_kept = tensor.cast %kept : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p_kept) : (tensor<*xf32>) -> ()
  %p_keptMean = tensor.cast %keptMean : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%p_keptMean) : (tensor<*xf32>) -> ()

  // CHECK: [200, 0]
  %y = arith.constant dense<[[100.0, 100.0], [-100.0, -100.0]]> : tensor<2x2xf32>
  %s = arith.constant dense<[1, 0]> : !labels
  %far = call @far(%y, %s, %c) : (tensor<2x2xf32>, !labels, !llvm.ptr) -> tensor<2xf32>
  %p_far = tensor.cast %far : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%p_far) : (tensor<*xf32>) -> ()
  return
}
