// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-sink-decoding))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-sink-decoding,lathe-sink-decoding))' | FileCheck %s
// What rearranges decoded weights rearranges codes and scales instead, which are decoded behind that.

#id = affine_map<(d0, d1) -> (d0, d1)>
#pairs = affine_map<(d0, d1) -> (d0, d1 floordiv 2)>
#fours = affine_map<(d0, d1) -> (d0, d1 floordiv 4)>

// The dimension whose index tells the places of a pair moves along.
// CHECK-DAG: #[[PAIRS:.*]] = affine_map<(d0, d1) -> (d0 floordiv 2, d1)>
// CHECK-DAG: #[[FOURS:.*]] = affine_map<(d0, d1) -> (d0 floordiv 4, d1)>
// CHECK-LABEL: @transposed(
// CHECK: %[[Q:.*]] = linalg.transpose ins(%arg0 : tensor<6x4xi8>) {{.*}} permutation = [1, 0]
// CHECK: %[[S:.*]] = linalg.transpose ins(%arg1 : tensor<6x2xf32>)
// CHECK: %[[W:.*]] = linalg.generic {indexing_maps = [#[[PAIRS]], #[[FOURS]], #{{.*}}], {{.*}} ins(%[[Q]], %[[S]] : tensor<4x6xi8>, tensor<2x6xf32>) {{.*}} attrs = {lathe.decodes}
// CHECK: linalg.index 0
// CHECK: return %[[W]]
func.func @transposed(%q: tensor<6x4xi8>, %s: tensor<6x2xf32>) -> tensor<8x6xf32> {
  %e = tensor.empty() : tensor<6x8xf32>
  %w = linalg.generic {indexing_maps = [#pairs, #fours, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q, %s : tensor<6x4xi8>, tensor<6x2xf32>) outs(%e : tensor<6x8xf32>) attrs = {lathe.decodes} {
    ^bb0(%c: i8, %f: f32, %o: f32):
      %i = linalg.index 1 : index
      %j = arith.index_cast %i : index to i8
      %n = arith.shrui %c, %j : i8
      %x = arith.sitofp %n : i8 to f32
      %y = arith.mulf %x, %f : f32
      linalg.yield %y : f32
  } -> tensor<6x8xf32>
  %t = tensor.empty() : tensor<8x6xf32>
  %r = linalg.transpose ins(%w : tensor<6x8xf32>) outs(%t : tensor<8x6xf32>) permutation = [1, 0]
  return %r : tensor<8x6xf32>
}

// -----

// A dimension is split where the neighbours that share a scale stay together, and one of size 1 goes.
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#fours = affine_map<(d0, d1, d2) -> (d0, d1 floordiv 4, 0)>
// CHECK-LABEL: @reshaped(
// CHECK-DAG: tensor.collapse_shape %arg0 {{.*}} : tensor<6x8x1xi8> into tensor<6x8xi8>
// CHECK-DAG: tensor.collapse_shape %arg1 {{.*}} : tensor<6x2x1xf32> into tensor<6x2xf32>
// CHECK-DAG: tensor.expand_shape {{.*}} : tensor<6x8xi8> into tensor<2x3x8xi8>
// CHECK-DAG: tensor.expand_shape {{.*}} : tensor<6x2xf32> into tensor<2x3x2xf32>
// CHECK: %[[W:.*]] = linalg.generic {{.*}} attrs = {lathe.decodes}
// CHECK: return %[[W]] : tensor<2x3x8xf32>
func.func @reshaped(%q: tensor<6x8x1xi8>, %s: tensor<6x2x1xf32>) -> tensor<2x3x8xf32> {
  %e = tensor.empty() : tensor<6x8x1xf32>
  %w = linalg.generic {indexing_maps = [#id, #fours, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q, %s : tensor<6x8x1xi8>, tensor<6x2x1xf32>) outs(%e : tensor<6x8x1xf32>) attrs = {lathe.decodes} {
    ^bb0(%c: i8, %f: f32, %o: f32):
      %x = arith.sitofp %c : i8 to f32
      %y = arith.mulf %x, %f : f32
      linalg.yield %y : f32
  } -> tensor<6x8x1xf32>
  %0 = tensor.collapse_shape %w [[0], [1, 2]] : tensor<6x8x1xf32> into tensor<6x8xf32>
  %1 = tensor.expand_shape %0 [[0, 1], [2]] output_shape [2, 3, 8] : tensor<6x8xf32> into tensor<2x3x8xf32>
  return %1 : tensor<2x3x8xf32>
}

// -----

// A slice whose place is known when running only, of a dimension that each element has of its own, is taken of both;
// all of a dimension whose elements share a scale has this scale.
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-LABEL: @cut(
// CHECK-DAG: tensor.extract_slice %arg0[%arg2, 0] [2, %arg3] [1, 1] : tensor<6x8xi8> to tensor<2x?xi8>
// CHECK-DAG: tensor.extract_slice %arg1[%arg2, 0] [2, 1] [1, 1] : tensor<6x1xf32> to tensor<2x1xf32>
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<2x?xf32>) attrs = {lathe.decodes}
func.func @cut(%q: tensor<6x8xi8>, %s: tensor<6x1xf32>, %at: index, %size: index) -> tensor<2x?xf32> {
  %e = tensor.empty() : tensor<6x8xf32>
  %w = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q, %s : tensor<6x8xi8>, tensor<6x1xf32>) outs(%e : tensor<6x8xf32>) attrs = {lathe.decodes} {
    ^bb0(%c: i8, %f: f32, %o: f32):
      %x = arith.sitofp %c : i8 to f32
      %y = arith.mulf %x, %f : f32
      linalg.yield %y : f32
  } -> tensor<6x8xf32>
  %r = tensor.extract_slice %w[%at, 0] [2, %size] [1, 1] : tensor<6x8xf32> to tensor<2x?xf32>
  return %r : tensor<2x?xf32>
}

// -----

// Must not be: groups that are parted, and an op that is no decoding.
#id = affine_map<(d0, d1) -> (d0, d1)>
#fours = affine_map<(d0, d1) -> (d0, d1 floordiv 4)>
// CHECK-LABEL: @parted(
// CHECK: %[[W:.*]] = linalg.generic
// CHECK: tensor.expand_shape %[[W]]
// CHECK: %[[V:.*]] = linalg.generic
// CHECK: linalg.transpose ins(%[[V]]
func.func @parted(%q: tensor<6x8xi8>, %s: tensor<6x2xf32>) -> (tensor<6x4x2xf32>, tensor<8x6xf32>) {
  %e = tensor.empty() : tensor<6x8xf32>
  %w = linalg.generic {indexing_maps = [#id, #fours, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q, %s : tensor<6x8xi8>, tensor<6x2xf32>) outs(%e : tensor<6x8xf32>) attrs = {lathe.decodes} {
    ^bb0(%c: i8, %f: f32, %o: f32):
      %x = arith.sitofp %c : i8 to f32
      %y = arith.mulf %x, %f : f32
      linalg.yield %y : f32
  } -> tensor<6x8xf32>
  %0 = tensor.expand_shape %w [[0], [1, 2]] output_shape [6, 4, 2] : tensor<6x8xf32> into tensor<6x4x2xf32>
  %v = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q : tensor<6x8xi8>) outs(%e : tensor<6x8xf32>) {
    ^bb0(%c: i8, %o: f32):
      %x = arith.sitofp %c : i8 to f32
      linalg.yield %x : f32
  } -> tensor<6x8xf32>
  %t = tensor.empty() : tensor<8x6xf32>
  %1 = linalg.transpose ins(%v : tensor<6x8xf32>) outs(%t : tensor<8x6xf32>) permutation = [1, 0]
  return %0, %1 : tensor<6x4x2xf32>, tensor<8x6xf32>
}

// -----

// Filters turned half round: so are their codes, and their scales stay as they are.
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#row = affine_map<(d0, d1, d2) -> (d0, 0, 0)>
#turned = affine_map<(d0, d1, d2) -> (d1, d0, -d2 + 2)>
// CHECK-DAG: #[[TURNED:.*]] = affine_map<(d0, d1, d2) -> (d1, d0, -d2 + 2)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2) -> (0, d1, 0)>
// CHECK-LABEL: @turned(
// CHECK: linalg.generic {indexing_maps = [#[[TURNED]], {{.*}} ins(%arg0 : tensor<6x8x3xi8>) outs({{.*}} : tensor<8x6x3xi8>)
// CHECK: linalg.generic {{.*}} ins(%arg1 : tensor<6x1x1xf32>) outs({{.*}} : tensor<1x6x1xf32>)
// CHECK: %[[W:.*]] = linalg.generic {indexing_maps = [#{{.*}}, #[[ROW]], {{.*}} attrs = {lathe.decodes}
// CHECK: return %[[W]] : tensor<8x6x3xf32>
func.func @turned(%q: tensor<6x8x3xi8>, %s: tensor<6x1x1xf32>) -> tensor<8x6x3xf32> {
  %e = tensor.empty() : tensor<6x8x3xf32>
  %w = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q, %s : tensor<6x8x3xi8>, tensor<6x1x1xf32>) outs(%e : tensor<6x8x3xf32>) attrs = {lathe.decodes} {
    ^bb0(%c: i8, %f: f32, %o: f32):
      %x = arith.sitofp %c : i8 to f32
      %y = arith.mulf %x, %f : f32
      linalg.yield %y : f32
  } -> tensor<6x8x3xf32>
  %t = tensor.empty() : tensor<8x6x3xf32>
  %r = linalg.generic {indexing_maps = [#turned, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%w : tensor<6x8x3xf32>) outs(%t : tensor<8x6x3xf32>) {
    ^bb0(%x: f32, %o: f32):
      linalg.yield %x : f32
  } -> tensor<8x6x3xf32>
  return %r : tensor<8x6x3xf32>
}
