// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'box_embedding' is checked and named.

func.func @corners(%0: tensor<3xf32>) {
  // expected-error@+2 {{'box_embedding' needs boxes [..., 4], got [3] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_embedding %0 {features = 8 : i64, temperature = 10000.0 : f64, extent = 1000.0 : f64}
      : (tensor<3xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @features(%0: tensor<4xf32>) {
  // expected-error@+2 {{'box_embedding' needs features that are a multiple of 8, got 12 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_embedding %0 {features = 12 : i64, temperature = 10000.0 : f64, extent = 1000.0 : f64}
      : (tensor<4xf32>) -> tensor<12xf32>
  return
}

// -----

func.func @temperature(%0: tensor<4xf32>) {
  // expected-error@+2 {{'box_embedding' needs temperature above 0, got 0 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_embedding %0 {features = 8 : i64, temperature = 0.0 : f64, extent = 1000.0 : f64}
      : (tensor<4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @extent(%0: tensor<4xf32>) {
  // expected-error@+2 {{'box_embedding' needs extent above 0, got -1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.box_embedding %0 {features = 8 : i64, temperature = 10000.0 : f64, extent = -1.0 : f64}
      : (tensor<4xf32>) -> tensor<8xf32>
  return
}
