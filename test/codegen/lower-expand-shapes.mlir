// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-lower-expand-shapes))' | FileCheck %s

// CHECK-LABEL: @two_dynamic_sizes(
// CHECK-SAME: %[[M:.*]]: memref<?x4xf32>, %[[H:.*]]: index, %[[W:.*]]: index
// CHECK: %[[BASE:.*]], %{{.*}}, %{{.*}}:2, %[[STRIDES:.*]]:2 = memref.extract_strided_metadata %[[M]]
// CHECK: %[[ROW:.*]] = arith.muli %[[STRIDES]]#0, %[[W]]
// CHECK: memref.reinterpret_cast %[[BASE]] to offset: [0], sizes: [%[[H]], %[[W]], 4], strides: [%[[ROW]], 4, 1]
// CHECK-NOT: memref.expand_shape
func.func @two_dynamic_sizes(%m: memref<?x4xf32>, %h: index, %w: index) -> memref<?x?x4xf32> {
  %r = memref.expand_shape %m [[0, 1], [2]] output_shape [%h, %w, 4] : memref<?x4xf32> into memref<?x?x4xf32>
  return %r : memref<?x?x4xf32>
}

// MLIR's own expansion handles one.
// CHECK-LABEL: @one_dynamic_size(
// CHECK: memref.expand_shape
func.func @one_dynamic_size(%m: memref<?xf32>, %n: index) -> memref<?x4xf32> {
  %r = memref.expand_shape %m [[0, 1]] output_shape [%n, 4] : memref<?xf32> into memref<?x4xf32>
  return %r : memref<?x4xf32>
}
