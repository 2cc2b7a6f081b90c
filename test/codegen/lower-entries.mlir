// RUN: lathe-opt %s -split-input-file -verify-diagnostics -lathe-lower-entries | FileCheck %s

// Inputs and outputs become buffers, then come the weights, the arena and the
// run; a weight is a view at its offset.

// CHECK-LABEL: func @main
// CHECK-SAME: (%[[X:.*]]: memref<?x3xf32> {lathe.name = "x"}, %[[Y:.*]]: memref<?x3xf32>, %[[W:.*]]: memref<?xi8>, %{{.*}}: memref<?xi8>, %{{.*}}: !llvm.ptr)
// CHECK: bufferization.to_tensor %[[X]] restrict
// CHECK: %[[AT:.*]] = arith.constant 64 : index
// CHECK: memref.view %[[W]][%[[AT]]][] : memref<?xi8> to memref<3xf32>
// CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %[[Y]]
lathe.weight @b : tensor<3xf32> {lathe.offset = 64 : i64}
func.func @main(%x: tensor<?x3xf32> {lathe.name = "x"}) -> (tensor<?x3xf32> {lathe.name = "y"}) {
  %b = lathe.parameter @b : tensor<3xf32>
  return %x : tensor<?x3xf32>
}

// -----

lathe.weight @b : tensor<3xf32>
func.func @main() -> tensor<3xf32> {
  // expected-error @below {{reads 'b', which has no place in the weights file}}
  %b = lathe.parameter @b : tensor<3xf32>
  return %b : tensor<3xf32>
}

// -----

// Two results that start from one empty tensor are each stored where they go.

// CHECK-LABEL: func @shared
// CHECK: %[[A:.*]] = tensor.empty() : tensor<4xf32>
// CHECK: %[[B:.*]] = tensor.empty() : tensor<4xf32>
// CHECK-DAG: kernel.call @f outs(%[[A]] :
// CHECK-DAG: kernel.call @g outs(%[[B]] :
module {
func.func @shared() -> (tensor<4xf32>, tensor<4xf32>) attributes {lathe.entry} {
  %e = tensor.empty() : tensor<4xf32>
  %a = kernel.call @f outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %b = kernel.call @g outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}
}
