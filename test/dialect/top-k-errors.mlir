// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'top_k' is checked and named.

func.func @unknown_size(%0: tensor<4x?xf32, #lathe.dims<"", "tokens">>) {
  // expected-error@+2 {{'top_k' needs a last dimension of known size, got [4, tokens] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.top_k %0 {k = 2 : i64, index = #lathe<element_kind i64>}
      : (tensor<4x?xf32, #lathe.dims<"", "tokens">>) -> (tensor<4x2xf32>, tensor<4x2xi64>)
  return
}

// -----

func.func @too_many(%0: tensor<4x8xf32>) {
  // expected-error@+2 {{'top_k' takes 1 to 8 of 8 elements, got k: 9 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.top_k %0 {k = 9 : i64, index = #lathe<element_kind i64>}
      : (tensor<4x8xf32>) -> (tensor<4x9xf32>, tensor<4x9xi64>)
  return
}

// -----

func.func @places(%0: tensor<4x8xf32>) {
  // expected-error@+2 {{'top_k' gives places as i32 or i64, not as f32 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r:2 = lathe.top_k %0 {k = 2 : i64, index = #lathe<element_kind f32>}
      : (tensor<4x8xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>)
  return
}
