// RUN: lathe-opt %s -split-input-file -verify-diagnostics -lathe-lower-entries | FileCheck %s

// Inputs and outputs become buffers, then come the weights, the states, the
// arena and the run; a weight is a view at its offset.

// CHECK-LABEL: func @main
// CHECK-SAME: (%[[X:[a-z0-9]*]]: memref<?x3xf32> {lathe.name = "x"}, %[[Y:[a-z0-9]*]]: memref<?x3xf32>, %[[W:[a-z0-9]*]]: memref<?xi8>, %{{[a-z0-9]*}}: memref<?xi8>, %{{[a-z0-9]*}}: memref<?xi8>, %{{[a-z0-9]*}}: !llvm.ptr)
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

// -----

// A state is a view of the block of states, which may be computed in; it is
// written back when everything else is done.

// CHECK-LABEL: func @remember
// CHECK-SAME: (%[[X:[a-z0-9]*]]: memref<3xf32>, %[[Y:[a-z0-9]*]]: memref<3xf32>, %{{[a-z0-9]*}}: memref<?xi8>, %[[S:[a-z0-9]*]]: memref<?xi8>, %{{[a-z0-9]*}}: memref<?xi8>, %{{[a-z0-9]*}}: !llvm.ptr)
// CHECK: %[[AT:.*]] = arith.constant 128 : index
// CHECK: %[[V:.*]] = memref.view %[[S]][%[[AT]]][] : memref<?xi8> to memref<3xf32>
// CHECK: bufferization.to_tensor %[[V]] restrict writable
// CHECK: kernel.write_back %{{.*}} in %[[V]]
lathe.state @s : tensor<3xf32> {lathe.offset = 128 : i64}
func.func @remember(%x: tensor<3xf32>) -> tensor<3xf32> {
  %old = lathe.read_state @s : tensor<3xf32>
  lathe.write_state %x to @s : tensor<3xf32>
  return %old : tensor<3xf32>
}

// -----

lathe.state @s : tensor<3xf32>
func.func @main() -> tensor<3xf32> {
  // expected-error @below {{uses 's', which has no place among the states}}
  %s = lathe.read_state @s : tensor<3xf32>
  return %s : tensor<3xf32>
}
