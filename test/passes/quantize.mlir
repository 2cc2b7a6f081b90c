// RUN: lathe-opt %s -split-input-file -lathe-quantize | FileCheck %s
// Matrices are stored as `precision` says, by ops on weights.

// The last pattern that matches a name decides. Two groups a row of 64.
module attributes {lathe.precision = {group = 32 : i64, storage = [["*", "int8"], ["*.down.*", "int4"], ["head.*", "f32"], ["half.*", "bf16"]]}} {
  lathe.weight @up.weight : tensor<3x64xf32>
  lathe.weight @d : tensor<3x64xf32> {source = "layers.0.down.weight"}
  lathe.weight @head.weight : tensor<3x64xf32>
  lathe.weight @half.weight : tensor<3x64xf32>
  lathe.weight @head.bias : tensor<3xf32>
  // CHECK-LABEL: @layers(
  // CHECK: %[[UP:.*]] = lathe.parameter @up.weight
  // CHECK: %[[G:.*]] = lathe.reshape %[[UP]] {shape = [3, 2, 32]}
  // CHECK: %[[MAX:.*]] = lathe.reduce %{{.*}} {axes = array<i64: 2>, keepdims = true, kind = #lathe<reduce_kind max>}
  // The largest of a group becomes 127.
  // CHECK: %[[LEAST:.*]] = lathe.binary %[[MAX]] {kind = #lathe<binary_kind max>
  // CHECK: %[[S:.*]] = lathe.binary %[[LEAST]] {kind = #lathe<binary_kind mul>, value = 0.00787401
  // CHECK: lathe.binary %[[G]], %[[S]] {kind = #lathe<binary_kind div>}
  // CHECK: lathe.cast %{{.*}} {to = #lathe<element_kind i8>}
  // CHECK: lathe.quantized_linear %arg0, %{{.*}} {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>} : (tensor<2x64xf32>, tensor<3x64xi8>, tensor<3x2xf32>)
  // CHECK: lathe.quantized_linear %arg0, %{{.*}} {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0>} : (tensor<2x64xf32>, tensor<3x32xi8>, tensor<3x2xf32>, tensor<3x2xf32>)
  // CHECK: lathe.linear %arg0
  // CHECK: lathe.quantized_linear %arg0, %{{.*}} {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1>} : (tensor<2x64xf32>, tensor<3x64xbf16>, tensor<3xf32>)
  func.func @layers(%x: tensor<2x64xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
    %u = lathe.parameter @up.weight : tensor<3x64xf32>
    %d = lathe.parameter @d : tensor<3x64xf32>
    %h = lathe.parameter @head.weight : tensor<3x64xf32>
    %w = lathe.parameter @half.weight : tensor<3x64xf32>
    %b = lathe.parameter @head.bias : tensor<3xf32>
    %0 = lathe.linear %x, %u : (tensor<2x64xf32>, tensor<3x64xf32>) -> tensor<2x3xf32>
    %1 = lathe.linear %x, %d : (tensor<2x64xf32>, tensor<3x64xf32>) -> tensor<2x3xf32>
    %2 = lathe.linear %x, %h, %b : (tensor<2x64xf32>, tensor<3x64xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    %3 = lathe.linear %x, %w, %b : (tensor<2x64xf32>, tensor<3x64xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  }
}

// -----

// Must not be: a matrix that depends on an input, embeddings, and anything where nothing was said. A row of 33, which
// no group divides, is one group, and no place for pairs.
module attributes {lathe.precision = {storage = [["*", "int4"]]}} {
  lathe.weight @table : tensor<5x33xf32>
  // CHECK-LABEL: @others(
  // CHECK: lathe.linear %arg0, %arg1
  // CHECK: lathe.embedding {{.*}} tensor<5x33xf32>
  // CHECK: lathe.quantized_linear {{.*}} : (tensor<2x33xf32>, tensor<5x33xi8>, tensor<5x1xf32>)
  func.func @others(%x: tensor<2x33xf32>, %m: tensor<4x33xf32>, %i: tensor<2xi32>) -> (tensor<2x4xf32>, tensor<2x33xf32>, tensor<2x5xf32>) {
    %w = lathe.parameter @table : tensor<5x33xf32>
    %0 = lathe.linear %x, %m : (tensor<2x33xf32>, tensor<4x33xf32>) -> tensor<2x4xf32>
    %1 = lathe.embedding %i, %w : (tensor<2xi32>, tensor<5x33xf32>) -> tensor<2x33xf32>
    %2 = lathe.linear %x, %w : (tensor<2x33xf32>, tensor<5x33xf32>) -> tensor<2x5xf32>
    return %0, %1, %2 : tensor<2x4xf32>, tensor<2x33xf32>, tensor<2x5xf32>
  }
}

// -----

// CHECK-LABEL: @unsaid(
// CHECK: lathe.linear
lathe.weight @w : tensor<3x64xf32>
func.func @unsaid(%x: tensor<2x64xf32>) -> tensor<2x3xf32> {
  %w = lathe.parameter @w : tensor<3x64xf32>
  %0 = lathe.linear %x, %w : (tensor<2x64xf32>, tensor<3x64xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
