// RUN: lathe-opt %s -split-input-file -lathe-merge-adapters=form=merged | FileCheck %s --check-prefix=MERGED
// RUN: lathe-opt %s -split-input-file -lathe-merge-adapters=form=factored | FileCheck %s --check-prefix=FACTORED
// RUN: lathe-opt %s -split-input-file -lathe-merge-adapters | FileCheck %s --check-prefix=AUTO
// RUN: lathe-opt %s -split-input-file -lathe-merge-adapters="flops=1e9 bytes=1e12" | FileCheck %s --check-prefix=SLOW
// RUN: lathe-opt %s -split-input-file -lathe-merge-adapters -lathe-merge-adapters | FileCheck %s --check-prefix=AUTO
// Kronecker adapters as one matrix H, or as two products in which H is never there.

// Downwards, the rule joins the right factors: first 48 to 4 columns for each quarter of the features, then 16 to 8. The
// one product has 192 x 8 multiply-adds a token, the two have 192 x 4 + 16 x 8.
lathe.weight @a : tensor<4x4x4xf32>
lathe.weight @s : tensor<4x48x1xf32>
lathe.weight @t : tensor<4x1x2xf32>
lathe.weight @b : tensor<8xf32>
// MERGED-LABEL: @down(
// MERGED: %[[H:.*]] = lathe.reshape %{{.*}} {shape = [8, 192]}
// MERGED: lathe.linear %arg0, %[[H]], %{{.*}} : (tensor<5x192xf32>, tensor<8x192xf32>, tensor<8xf32>) -> tensor<5x8xf32>
// FACTORED-LABEL: @down(
// FACTORED-DAG: %[[S:.*]] = lathe.reshape %{{.*}} {shape = [4, 48]} : (tensor<4x1x48xf32>)
// FACTORED-DAG: %[[X:.*]] = lathe.reshape %arg0 {shape = [5, 4, 48]}
// FACTORED: %[[U:.*]] = lathe.linear %[[X]], %[[S]] : (tensor<5x4x48xf32>, tensor<4x48xf32>) -> tensor<5x4x4xf32>
// FACTORED-DAG: %[[AT:.*]] = lathe.binary {{.*}} : (tensor<4x1x4x4x1xf32>, tensor<1x2x1x4x1xf32>) -> tensor<4x2x4x4x1xf32>
// FACTORED-DAG: %[[G:.*]] = lathe.reshape %[[AT]] {shape = [8, 16]}
// FACTORED-DAG: %[[ROW:.*]] = lathe.reshape %[[U]] {shape = [5, 16]}
// FACTORED: lathe.linear %[[ROW]], %[[G]], %{{.*}} : (tensor<5x16xf32>, tensor<8x16xf32>, tensor<8xf32>) -> tensor<5x8xf32>
// FACTORED-NOT: lathe.kronecker_adapter
func.func @down(%x: tensor<5x192xf32>) -> tensor<5x8xf32> {
  %a = lathe.parameter @a : tensor<4x4x4xf32>
  %s = lathe.parameter @s : tensor<4x48x1xf32>
  %t = lathe.parameter @t : tensor<4x1x2xf32>
  %b = lathe.parameter @b : tensor<8xf32>
  %y = lathe.kronecker_adapter %x, %a, %s, %t, %b {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 1, 1, 1>} : (tensor<5x192xf32>, tensor<4x4x4xf32>, tensor<4x48x1xf32>, tensor<4x1x2xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  return %y : tensor<5x8xf32>
}

// -----

// Upwards, it joins the left ones, of rank 2 here. The dynamic dimensions stay, and the bias comes last.
module attributes {lathe.dim_order = ["batch", "tokens"], lathe.dims = {batch = array<i64: 1, 8>, tokens = array<i64: 1, 512>}} {
  lathe.weight @l : tensor<4x4x1xf32>
  lathe.weight @r : tensor<4x1x4xf32>
  lathe.weight @s : tensor<4x2x2xf32>
  lathe.weight @t : tensor<4x2x48xf32>
  lathe.weight @b : tensor<192xf32>
  // FACTORED-LABEL: @up(
  // FACTORED: %[[A:.*]] = lathe.matmul {{.*}} -> tensor<4x4x4xf32>
  // FACTORED: %[[V:.*]] = lathe.linear %arg0, %{{.*}} -> tensor<?x?x32xf32
  // FACTORED: %[[ROWS:.*]] = lathe.reshape %[[V]] {shape = ["batch", "tokens", 4, 8]}
  // FACTORED: %[[Y:.*]] = lathe.linear %[[ROWS]], %{{.*}} -> tensor<?x?x4x48xf32
  // FACTORED: %[[SUM:.*]] = lathe.binary %[[Y]], %{{.*}} {kind = #lathe<binary_kind add>} : {{.*}} tensor<4x48xf32>)
  // FACTORED: lathe.reshape %[[SUM]] {shape = ["batch", "tokens", 192]}
  func.func @up(%x: tensor<?x?x8xf32, #lathe.dims<"batch", "tokens", "">>) -> tensor<?x?x192xf32, #lathe.dims<"batch", "tokens", "">> {
    %l = lathe.parameter @l : tensor<4x4x1xf32>
    %r = lathe.parameter @r : tensor<4x1x4xf32>
    %s = lathe.parameter @s : tensor<4x2x2xf32>
    %t = lathe.parameter @t : tensor<4x2x48xf32>
    %b = lathe.parameter @b : tensor<192xf32>
    %y = lathe.kronecker_adapter %x, %l, %r, %s, %t, %b {operandSegmentSizes = array<i32: 1, 0, 1, 1, 0, 1, 1, 1>} : (tensor<?x?x8xf32, #lathe.dims<"batch", "tokens", "">>, tensor<4x4x1xf32>, tensor<4x1x4xf32>, tensor<4x2x2xf32>, tensor<4x2x48xf32>, tensor<192xf32>) -> tensor<?x?x192xf32, #lathe.dims<"batch", "tokens", "">>
    return %y : tensor<?x?x192xf32, #lathe.dims<"batch", "tokens", "">>
  }
}

// -----

// Whole B_i save no arithmetic, but memory: for one token the matrix is not worth reading, for many it is.
lathe.weight @a : tensor<4x4x4xf32>
lathe.weight @w : tensor<4x192x192xf32>
// FACTORED-LABEL: @token(
// FACTORED: lathe.matmul %{{.*}}, %{{.*}} : (tensor<{{16x4|4x16}}xf32>,
// AUTO-LABEL: @token(
// AUTO: lathe.matmul %{{.*}}, %{{.*}} : (tensor<{{16x4|4x16}}xf32>, tensor<1x
// SLOW-LABEL: @token(
// SLOW: lathe.linear %arg0, %{{.*}} : (tensor<1x768xf32>, tensor<768x768xf32>)
func.func @token(%x: tensor<1x768xf32>) -> tensor<1x768xf32> {
  %a = lathe.parameter @a : tensor<4x4x4xf32>
  %w = lathe.parameter @w : tensor<4x192x192xf32>
  %y = lathe.kronecker_adapter %x, %a, %w {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 0>} : (tensor<1x768xf32>, tensor<4x4x4xf32>, tensor<4x192x192xf32>) -> tensor<1x768xf32>
  return %y : tensor<1x768xf32>
}
// AUTO-LABEL: @tokens(
// AUTO: lathe.linear %arg0, %{{.*}} : (tensor<512x768xf32>, tensor<768x768xf32>)
func.func @tokens(%x: tensor<512x768xf32>) -> tensor<512x768xf32> {
  %a = lathe.parameter @a : tensor<4x4x4xf32>
  %w = lathe.parameter @w : tensor<4x192x192xf32>
  %y = lathe.kronecker_adapter %x, %a, %w {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 0>} : (tensor<512x768xf32>, tensor<4x4x4xf32>, tensor<4x192x192xf32>) -> tensor<512x768xf32>
  return %y : tensor<512x768xf32>
}

// -----

// Factors that an input chooses: H would be computed in every run: not for 12 tokens,
// for which a matrix of weights pays.
lathe.weight @a : tensor<4x4x4xf32>
lathe.weight @w0 : tensor<4x48x48xf32>
lathe.weight @w1 : tensor<4x48x48xf32>
// AUTO-LABEL: @chosen(
// AUTO-NOT: tensor<192x192xf32>
// AUTO-LABEL: @settled(
// AUTO: lathe.linear %arg0, %{{.*}} : (tensor<12x192xf32>, tensor<192x192xf32>)
func.func @chosen(%x: tensor<12x192xf32>, %task: tensor<i32>) -> tensor<12x192xf32> {
  %a = lathe.parameter @a : tensor<4x4x4xf32>
  %w0 = lathe.parameter @w0 : tensor<4x48x48xf32>
  %w1 = lathe.parameter @w1 : tensor<4x48x48xf32>
  %w = lathe.choose %task of %w0, %w1 : (tensor<i32>, tensor<4x48x48xf32>, tensor<4x48x48xf32>) -> tensor<4x48x48xf32>
  %y = lathe.kronecker_adapter %x, %a, %w {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 0>} : (tensor<12x192xf32>, tensor<4x4x4xf32>, tensor<4x48x48xf32>) -> tensor<12x192xf32>
  return %y : tensor<12x192xf32>
}
func.func @settled(%x: tensor<12x192xf32>) -> tensor<12x192xf32> {
  %a = lathe.parameter @a : tensor<4x4x4xf32>
  %w = lathe.parameter @w0 : tensor<4x48x48xf32>
  %y = lathe.kronecker_adapter %x, %a, %w {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 0>} : (tensor<12x192xf32>, tensor<4x4x4xf32>, tensor<4x48x48xf32>) -> tensor<12x192xf32>
  return %y : tensor<12x192xf32>
}
