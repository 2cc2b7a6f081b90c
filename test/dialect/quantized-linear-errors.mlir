// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'quantized_linear' is checked and named.

func.func @features(%x: tensor<2x?xf32, #lathe.dims<"", "k">>, %q: tensor<5x4xi8>, %s: tensor<5x1xf32>) {
  // expected-error@+2 {{'quantized_linear' needs an input with a static last dimension, got [2, k] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q, %s {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>}
      : (tensor<2x?xf32, #lathe.dims<"", "k">>, tensor<5x4xi8>, tensor<5x1xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @codes(%x: tensor<2x8xf32>, %q: tensor<5x3xi8>, %s: tensor<5x1xf32>) {
  // expected-error@+2 {{'quantized_linear' needs codes [features, 8], or half of that for 4 bits, got [5, 3] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q, %s {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>}
      : (tensor<2x8xf32>, tensor<5x3xi8>, tensor<5x1xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @halves(%x: tensor<2x8xf32>, %q: tensor<5x4xbf16>) {
  // expected-error@+2 {{'quantized_linear' needs codes [features, 8], or half of that for 4 bits, got [5, 4] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>}
      : (tensor<2x8xf32>, tensor<5x4xbf16>) -> tensor<2x5xf32>
  return
}

// -----

func.func @unscaled(%x: tensor<2x8xf32>, %q: tensor<5x8xi8>) {
  // expected-error@+2 {{'quantized_linear' has codes of 'i8' without scales [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>}
      : (tensor<2x8xf32>, tensor<5x8xi8>) -> tensor<2x5xf32>
  return
}

// -----

func.func @scaled(%x: tensor<2x8xf32>, %q: tensor<5x8xbf16>, %s: tensor<5x1xf32>) {
  // expected-error@+2 {{'quantized_linear' has codes of 'bf16' with scales [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q, %s {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>}
      : (tensor<2x8xf32>, tensor<5x8xbf16>, tensor<5x1xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @groups(%x: tensor<2x8xf32>, %q: tensor<5x8xi8>, %s: tensor<5x3xf32>) {
  // expected-error@+2 {{'quantized_linear' has scales [5, 3] for 8 elements of a row [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q, %s {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>}
      : (tensor<2x8xf32>, tensor<5x8xi8>, tensor<5x3xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @offsets(%x: tensor<2x8xf32>, %q: tensor<5x8xi8>, %s: tensor<5x2xf32>, %o: tensor<5x4xf32>) {
  // expected-error@+2 {{'quantized_linear' needs a offsets of shape [5, 2], got [5, 4] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q, %s, %o {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0>}
      : (tensor<2x8xf32>, tensor<5x8xi8>, tensor<5x2xf32>, tensor<5x4xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @bias(%x: tensor<2x8xf32>, %q: tensor<5x8xi8>, %s: tensor<5x2xf32>, %b: tensor<4xf32>) {
  // expected-error@+2 {{'quantized_linear' needs a bias of shape [5], got [4] [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q, %s, %b {operandSegmentSizes = array<i32: 1, 1, 1, 0, 1>}
      : (tensor<2x8xf32>, tensor<5x8xi8>, tensor<5x2xf32>, tensor<4xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @rounded(%x: tensor<2x8xf32>, %q: tensor<5x8xf16>) {
  // expected-error@+2 {{'quantized_linear' rounds its input, but has codes of 'f16' [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.quantized_linear %x, %q {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, rounds_input}
      : (tensor<2x8xf32>, tensor<5x8xf16>) -> tensor<2x5xf32>
  return
}
