// RUN: lathe-opt %s -lathe-group-experts -lathe-tensor -lathe-loops | FileCheck %s
// Each expert works on its slice of the sorted vectors, whose place and size are
// read when running: nothing is copied or padded, and the products are vectors'.

!x = tensor<?x8xf32, #lathe.dims<"tokens", "">>
!w = tensor<?x2xf32, #lathe.dims<"tokens", "">>
!p = tensor<?x2xi64, #lathe.dims<"tokens", "">>

module attributes {lathe.dims = {tokens = array<i64: 1, 100>}} {
lathe.weight @up : tensor<32x8xf32>
lathe.weight @value : tensor<32x8xf32>
lathe.weight @down : tensor<8x32xf32>

// Room for 200 picks: 8 features of each, twice (sorted, results), 32 hidden
// ones, twice (gate, product), and their places. The experts share it.
// CHECK-LABEL: func @main
// CHECK-SAME: lathe.arena_bytes = 65600
// CHECK: kernel.call @latheGroup
// CHECK: %[[BEGIN:.*]] = memref.load %[[OFFSETS:.*]][%c0] : memref<3xi64>
// CHECK: %[[END:.*]] = memref.load %[[OFFSETS]][%c1] : memref<3xi64>
// CHECK: memref.subview %{{.*}}[%{{.*}}, 0] [%{{.*}}, 8] [1, 1]
// CHECK-NOT: memref.copy

// CHECK: func private @main_parallel
// CHECK: vector.load %{{.*}} : memref<8x32xf32>, vector<4xf32>
// The result goes into its slice.
// CHECK: vector.store %{{.*}} : memref<?x8xf32, strided<[8, 1], offset: ?>>, vector<4xf32>
func.func @main(%x: !x, %w: !w, %p: !p) -> !x {
  %up = lathe.parameter @up : tensor<32x8xf32>
  %value = lathe.parameter @value : tensor<32x8xf32>
  %down = lathe.parameter @down : tensor<8x32xf32>
  %y = lathe.experts %x, %w, %p, %up, %up, %down, %down, %value, %value {operandSegmentSizes = array<i32: 1, 1, 1, 2, 2, 2>}
      : (!x, !w, !p, tensor<32x8xf32>, tensor<32x8xf32>, tensor<8x32xf32>, tensor<8x32xf32>, tensor<32x8xf32>,
         tensor<32x8xf32>) -> !x
  return %y : !x
}
}
