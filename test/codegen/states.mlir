// RUN: lathe-opt %s -split-input-file -lathe-tensor | FileCheck %s --check-prefix=TENSOR
// RUN: lathe-opt %s -split-input-file -lathe-tensor -lathe-loops | FileCheck %s
// States in compiled code. -lathe-loops would show a copy as a nest over it.

// A cache is filled in place: what is computed for the new positions goes
// straight to its rows, and no buffer of the capacity's size is made. Dynamic
// dimensions of the state are at their bounds.

// TENSOR: lathe.state @keys.buffer : tensor<3x8x4xf32> {lathe.offset = 0 : i64}
// TENSOR-LABEL: func @cache
// TENSOR: %[[OLD:.*]] = lathe.read_state @keys.buffer : tensor<3x8x4xf32>
// TENSOR: %[[NEW:.*]] = tensor.insert_slice %{{.*}} into %[[OLD]][0, %{{.*}}, 0]
// TENSOR: tensor.extract_slice %[[NEW]][0, 0, 0]
// TENSOR: lathe.write_state %[[NEW]] to @keys.buffer
// CHECK-LABEL: func @cache
// CHECK-SAME: lathe.arena_bytes = 0
// CHECK: %[[STATE:.*]] = memref.view {{.*}} to memref<3x8x4xf32>
// CHECK: %[[ROWS:.*]] = memref.subview %[[STATE]][0, %{{.*}}, 0]
// CHECK: %[[MERGED:.*]] = memref.collapse_shape %[[ROWS]]
// CHECK: kernel.dispatch @cache_parallel({{.*}}%[[MERGED]]
// CHECK: %[[FILLED:.*]] = memref.subview %[[STATE]][0, 0, 0]
// CHECK: %[[MERGED_FILLED:.*]] = memref.collapse_shape %[[FILLED]]
// CHECK: kernel.dispatch @cache_parallel_0({{.*}}%[[MERGED_FILLED]]
// CHECK-NOT: kernel.dispatch
// CHECK: return
!x = tensor<?x?x4xf32, #lathe.dims<"batch", "tokens", "">>
!y = tensor<?x?x4xf32, #lathe.dims<"batch", "past + tokens", "">>
module attributes {
  lathe.dims = {batch = array<i64: 1, 3>, tokens = array<i64: 1, 8>, past = array<i64: 0, 7>},
  lathe.dim_limits = {past = "-tokens + 8"}, lathe.dim_sources = {past = {input = "position"}}
} {
  lathe.state @keys.buffer : tensor<?x8x4xf32, #lathe.dims<"batch", "", "">>
  func.func @cache(%x: !x, %position: tensor<i32> {lathe.name = "position"}) -> !y {
    %0 = lathe.binary %x, %x {kind = #lathe<binary_kind add>} : (!x, !x) -> !x
    %1 = lathe.cache %0 {capacity = 8 : i64, past = "past", buffer = @keys.buffer} : (!x) -> !y
    return %1 : !y
  }
}

// -----

// What is needed of the old contents is read before they are replaced, and a
// second read sees the first write.

// TENSOR-LABEL: func @twice
// TENSOR: lathe.read_state
// TENSOR-NOT: lathe.read_state
// TENSOR: return
// CHECK-LABEL: func @twice
// CHECK-SAME: memref<4xf32> {{.*}}, %[[BEFORE:[a-z0-9]*]]: memref<4xf32>, %[[AFTER:[a-z0-9]*]]: memref<4xf32>
// CHECK: %[[STATE:.*]] = memref.view
// CHECK: vector.store %{{.*}}, %[[AFTER]]
// CHECK: %[[OLD:.*]] = vector.load %[[STATE]]
// CHECK: vector.store %[[OLD]], %[[BEFORE]]
// CHECK: vector.store %{{.*}}, %[[STATE]]
lathe.state @s : tensor<4xf32>
func.func @twice(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %old = lathe.read_state @s : tensor<4xf32>
  lathe.write_state %x to @s : tensor<4xf32>
  %new = lathe.read_state @s : tensor<4xf32>
  %sum = lathe.binary %new, %new {kind = #lathe<binary_kind add>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %old, %sum : tensor<4xf32>, tensor<4xf32>
}

// -----

// Two states change places by way of a copy.

// TENSOR-LABEL: func @swap
// TENSOR: %[[A:.*]] = lathe.read_state @a
// TENSOR: bufferization.alloc_tensor() copy(%[[A]])
// CHECK-LABEL: func @swap
// CHECK-SAME: lathe.arena_bytes = 128
lathe.state @a : tensor<4xf32>
lathe.state @b : tensor<4xf32>
func.func @swap() {
  %a = lathe.read_state @a : tensor<4xf32>
  %b = lathe.read_state @b : tensor<4xf32>
  lathe.write_state %b to @a : tensor<4xf32>
  lathe.write_state %a to @b : tensor<4xf32>
  return
}
