// RUN: lathe-opt %s -split-input-file -one-shot-bufferize -canonicalize | FileCheck %s --check-prefix=BUFFERS
// RUN: lathe-opt %s -split-input-file -one-shot-bufferize -lathe-lower-kernel-calls -canonicalize | FileCheck %s --check-prefix=CALLS

// A call stores into its outputs in place, and its inputs are what they were.

// BUFFERS-LABEL: func @in_place
// BUFFERS: %[[V:.*]] = memref.alloc() {{.*}} : memref<3x2xf32>
// BUFFERS: %[[P:.*]] = memref.alloc() {{.*}} : memref<3x2xi64>
// BUFFERS-NOT: memref.copy
// BUFFERS: kernel.call @latheTopK ins(%{{.*}} : memref<3x8xf32>)
// BUFFERS-SAME: outs(%[[V]], %[[P]] : memref<3x2xf32>, memref<3x2xi64>)
// BUFFERS-SAME: sizes(%{{.*}}, %{{.*}}, %{{.*}})

// The context is the function's last argument, then comes the event.
// CALLS: func private @latheTopK(!llvm.ptr, i64, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64, i64)
// CALLS-LABEL: func private @in_place
// CALLS-SAME: %[[CONTEXT:[a-z0-9]+]]: !llvm.ptr)
// CALLS: call @latheTopK(%[[CONTEXT]], %c7_i64, %{{.*}}, %{{.*}}, %{{.*}}, %c3_i64, %c8_i64, %c2_i64)
func.func @in_place(%x: memref<3x8xf32>, %context: !llvm.ptr) -> (tensor<3x2xf32>, tensor<3x2xi64>) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %t = bufferization.to_tensor %x restrict : memref<3x8xf32> to tensor<3x8xf32>
  %v = tensor.empty() : tensor<3x2xf32>
  %p = tensor.empty() : tensor<3x2xi64>
  %r:2 = kernel.call @latheTopK ins(%t : tensor<3x8xf32>) outs(%v, %p : tensor<3x2xf32>, tensor<3x2xi64>)
      sizes(%c3, %c8, %c2) {lathe.event = 7 : i64} -> tensor<3x2xf32>, tensor<3x2xi64>
  return %r#0, %r#1 : tensor<3x2xf32>, tensor<3x2xi64>
}

// -----

// What does not lie densely is copied; a part that does is an address.

// BUFFERS-LABEL: func @parts
// BUFFERS: %[[COLUMNS:.*]] = memref.subview %{{.*}}[0, 1] [4, 3] [1, 1]
// BUFFERS: %[[DENSE:.*]] = memref.alloc() {{.*}} : memref<4x3xf32>
// BUFFERS: memref.copy %[[COLUMNS]], %[[DENSE]]
// BUFFERS: kernel.call @f ins(%[[DENSE]] : memref<4x3xf32>)
// BUFFERS: %[[ROWS:.*]] = memref.subview %{{.*}}[1, 0] [2, 8] [1, 1]
// BUFFERS: kernel.call @f ins(%[[ROWS]] : memref<2x8xf32, strided<[8, 1], offset: 8>>)

// CALLS-LABEL: func private @parts
// CALLS: call @f
// The eight elements before the part are 32 bytes.
// CALLS: %[[BYTES:.*]] = arith.addi %{{.*}}, %c32_i64
// CALLS: %[[START:.*]] = llvm.inttoptr %[[BYTES]] : i64 to !llvm.ptr
// CALLS: call @f(%{{.*}}, %{{.*}}, %[[START]], %{{.*}})
func.func @parts(%x: memref<4x8xf32>, %context: !llvm.ptr) -> (tensor<2xf32>, tensor<3xf32>) {
  %t = bufferization.to_tensor %x restrict : memref<4x8xf32> to tensor<4x8xf32>
  %e = tensor.empty() : tensor<2xf32>
  %g = tensor.empty() : tensor<3xf32>
  %columns = tensor.extract_slice %t[0, 1] [4, 3] [1, 1] : tensor<4x8xf32> to tensor<4x3xf32>
  %a = kernel.call @f ins(%columns : tensor<4x3xf32>) outs(%e : tensor<2xf32>) -> tensor<2xf32>
  %rows = tensor.extract_slice %t[1, 0] [2, 8] [1, 1] : tensor<4x8xf32> to tensor<2x8xf32>
  %b = kernel.call @f ins(%rows : tensor<2x8xf32>) outs(%g : tensor<3xf32>) -> tensor<3xf32>
  return %a, %b : tensor<2xf32>, tensor<3xf32>
}

// -----

// A result that is used later is not written over.

// BUFFERS-LABEL: func @kept
// BUFFERS: %[[A:.*]] = memref.alloc
// BUFFERS: %[[B:.*]] = memref.alloc
// BUFFERS: kernel.call @f outs(%[[ONE:.*]] : memref<2xf32>)
// BUFFERS-NOT: kernel.call @f outs(%[[ONE]] :
// BUFFERS: return
func.func @kept(%context: !llvm.ptr) -> (tensor<2xf32>, tensor<2xf32>) {
  %e = tensor.empty() : tensor<2xf32>
  %a = kernel.call @f outs(%e : tensor<2xf32>) -> tensor<2xf32>
  %b = kernel.call @f outs(%e : tensor<2xf32>) -> tensor<2xf32>
  return %a, %b : tensor<2xf32>, tensor<2xf32>
}

// -----

// Where the outputs do not lie densely, they are copied into place.

// BUFFERS-LABEL: func @columns
// BUFFERS: %[[COLUMNS:.*]] = memref.subview %{{.*}}[0, 2] [4, 3] [1, 1]
// BUFFERS: %[[DENSE:.*]] = memref.alloc() {{.*}} : memref<4x3xf32>
// BUFFERS: kernel.call @f outs(%[[DENSE]] : memref<4x3xf32>)
// BUFFERS: memref.copy %[[DENSE]], %[[COLUMNS]]
func.func @columns(%context: !llvm.ptr) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %columns = tensor.extract_slice %e[0, 2] [4, 3] [1, 1] : tensor<4x8xf32> to tensor<4x3xf32>
  %a = kernel.call @f outs(%columns : tensor<4x3xf32>) -> tensor<4x3xf32>
  %r = tensor.insert_slice %a into %e[0, 2] [4, 3] [1, 1] : tensor<4x3xf32> into tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}
