// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'dequantize' is checked and named.

func.func @rank(%q: tensor<8xi8>, %s: tensor<8x2xf32>) {
  // expected-error@+2 {{'dequantize' needs static codes of at least rank 2, got [8] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.dequantize %q, %s {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<8xi8>, tensor<8x2xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @no_scales(%q: tensor<8x4xi8>) {
  // expected-error@+2 {{'dequantize' has codes of 'i8' without scales [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.dequantize %q {operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<8x4xi8>) -> tensor<8x4xf32>
  return
}

// -----

func.func @pairs_of_floats(%q: tensor<8x4xf16>) {
  // expected-error@+2 {{'dequantize' has codes of 'f16' with scales, offsets or pairs [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.dequantize %q {operandSegmentSizes = array<i32: 1, 0, 0>, packed} : (tensor<8x4xf16>) -> tensor<8x8xf32>
  return
}

// -----

func.func @groups(%q: tensor<8x4xi8>, %s: tensor<8x3xf32>) {
  // expected-error@+2 {{'dequantize' has scales [8, 3] for codes [8, 4] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.dequantize %q, %s {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<8x4xi8>, tensor<8x3xf32>) -> tensor<8x4xf32>
  return
}

// -----

func.func @offsets(%q: tensor<8x4xi8>, %s: tensor<8x2xf32>, %o: tensor<8x4xf32>) {
  // expected-error@+2 {{'dequantize' needs a offsets of shape [8, 2], got [8, 4] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.dequantize %q, %s, %o {operandSegmentSizes = array<i32: 1, 1, 1>}
      : (tensor<8x4xi8>, tensor<8x2xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return
}
