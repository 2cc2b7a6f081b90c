// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'group_picks' and 'grouped_experts' is checked and named.

func.func @rank(%p: tensor<5xi64>) {
  // expected-error@+2 {{'group_picks' needs picks [N, top_k], got [5] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %o, %l, %f = lathe.group_picks %p {experts = 2} : (tensor<5xi64>) -> (tensor<5xi64>, tensor<5xi64>, tensor<3xi64>)
  return
}

// -----

func.func @none(%p: tensor<5x3xi64>) {
  // expected-error@+2 {{'group_picks' needs at least one expert, got 0 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %o, %l, %f = lathe.group_picks %p {experts = 0} : (tensor<5x3xi64>) -> (tensor<15xi64>, tensor<15xi64>, tensor<1xi64>)
  return
}

// -----

func.func @no_features(%x: tensor<f32>, %w: tensor<5x3xf32>, %o: tensor<15xi64>, %f: tensor<2xi64>, %u: tensor<6x8xf32>, %d: tensor<8x6xf32>) {
  // expected-error@+2 {{'grouped_experts' needs an input with a last dimension [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.grouped_experts %x, %w, %o, %o, %f, %u, %d, %u {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<f32>, tensor<5x3xf32>, tensor<15xi64>, tensor<15xi64>, tensor<2xi64>, tensor<6x8xf32>, tensor<8x6xf32>, tensor<6x8xf32>) -> tensor<f32>
  return
}

// -----

func.func @picks(%x: tensor<5x8xf32>, %w: tensor<5x3xf32>, %o: tensor<14xi64>, %f: tensor<2xi64>, %u: tensor<6x8xf32>, %d: tensor<8x6xf32>) {
  // expected-error@+2 {{'grouped_experts' needs weights [5, top_k], order and places of as many picks, got [5, 3], [14] and [14] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.grouped_experts %x, %w, %o, %o, %f, %u, %d, %u {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<5x8xf32>, tensor<5x3xf32>, tensor<14xi64>, tensor<14xi64>, tensor<2xi64>, tensor<6x8xf32>, tensor<8x6xf32>, tensor<6x8xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @offsets(%x: tensor<5x8xf32>, %w: tensor<5x3xf32>, %o: tensor<15xi64>, %f: tensor<3xi64>, %u: tensor<6x8xf32>, %d: tensor<8x6xf32>) {
  // expected-error@+2 {{'grouped_experts' needs 2 offsets, got [3] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.grouped_experts %x, %w, %o, %o, %f, %u, %d, %u {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<5x8xf32>, tensor<5x3xf32>, tensor<15xi64>, tensor<15xi64>, tensor<3xi64>, tensor<6x8xf32>, tensor<8x6xf32>, tensor<6x8xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @matrix(%x: tensor<5x8xf32>, %w: tensor<5x3xf32>, %o: tensor<15xi64>, %f: tensor<2xi64>, %u: tensor<6x8xf32>, %d: tensor<6x8xf32>) {
  // expected-error@+2 {{'grouped_experts' needs a w2 of shape [8, 6], got [6, 8] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.grouped_experts %x, %w, %o, %o, %f, %u, %d, %u {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<5x8xf32>, tensor<5x3xf32>, tensor<15xi64>, tensor<15xi64>, tensor<2xi64>, tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @types(%x: tensor<5x8xf32>, %w: tensor<5x3xf16>, %o: tensor<15xi64>, %f: tensor<2xi64>, %u: tensor<6x8xf32>, %d: tensor<8x6xf32>) {
  // expected-error@+2 {{'grouped_experts' has an input of 'f32' and weights of 'f16' [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.grouped_experts %x, %w, %o, %o, %f, %u, %d, %u {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1>}
      : (tensor<5x8xf32>, tensor<5x3xf16>, tensor<15xi64>, tensor<15xi64>, tensor<2xi64>, tensor<6x8xf32>, tensor<8x6xf32>, tensor<6x8xf32>) -> tensor<5x8xf32>
  return
}
