// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'size' is checked and named.

func.func @two() {
  // expected-error@+2 {{'size' needs one size, got [1, 2] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.size {of = [1, 2], to = #lathe<element_kind i32>} : () -> tensor<i32>
  return
}

// -----

func.func @kind() {
  // expected-error@+2 {{'size' gives i32 or i64, not f32 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.size {of = [1], to = #lathe<element_kind f32>} : () -> tensor<f32>
  return
}
