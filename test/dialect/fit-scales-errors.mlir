// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'fit_scales' is checked and named.

func.func @rank(%w: tensor<f32>) {
  // expected-error@+2 {{'fit_scales' needs static weights of at least rank 1, got [] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.fit_scales %w, %w {least = -7 : i64, most = 7 : i64} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @scales(%w: tensor<3x8xf32>, %s: tensor<3xf32>) {
  // expected-error@+2 {{'fit_scales' needs a scales of shape [3, 1], got [3] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.fit_scales %w, %s {least = -7 : i64, most = 7 : i64} : (tensor<3x8xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @codes(%w: tensor<3x8xf32>, %s: tensor<3x1xf32>) {
  // expected-error@+2 {{'fit_scales' has codes from 7 to 7 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.fit_scales %w, %s {least = 7 : i64, most = 7 : i64} : (tensor<3x8xf32>, tensor<3x1xf32>) -> tensor<3x1xf32>
  return
}
