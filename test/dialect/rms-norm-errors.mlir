// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'rms_norm' is checked and named.

func.func @rank(%0: tensor<f32>, %1: tensor<8xf32>) {
  // expected-error@+2 {{'rms_norm' needs an input with a last dimension [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rms_norm %0, %1 {eps = 1.000000e-05 : f64}
      : (tensor<f32>, tensor<8xf32>) -> tensor<f32>
  return
}

// -----

func.func @shape(%0: tensor<2x7xf32>, %1: tensor<8xf32>) {
  // expected-error@+2 {{'rms_norm' needs a weight of shape [7], got [8] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rms_norm %0, %1 {eps = 1.000000e-05 : f64}
      : (tensor<2x7xf32>, tensor<8xf32>) -> tensor<2x7xf32>
  return
}

// -----

func.func @eps(%0: tensor<2x8xf32>, %1: tensor<8xf32>) {
  // expected-error@+2 {{'rms_norm' needs eps of at least 0, got -1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rms_norm %0, %1 {eps = -1.0 : f64}
      : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}
