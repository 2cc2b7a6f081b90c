// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'batch_norm' is checked and named.

func.func @rank(%0: tensor<8xf32>, %1: tensor<8xf32>, %2: tensor<8xf32>, %3: tensor<8xf32>, %4: tensor<8xf32>) {
  // expected-error@+2 {{'batch_norm' needs an input [N, C, ...], got [8] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.batch_norm %0, %1, %2, %3, %4 {eps = 1.000000e-05 : f64}
      : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @channels(%0: tensor<1x8x6x6xf32>, %1: tensor<8xf32>, %2: tensor<8xf32>, %3: tensor<7xf32>, %4:
    tensor<8xf32>) {
  // expected-error@+2 {{'batch_norm' needs a running_mean of shape [8], got [7] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.batch_norm %0, %1, %2, %3, %4 {eps = 1.000000e-05 : f64}
      : (tensor<1x8x6x6xf32>, tensor<8xf32>, tensor<8xf32>, tensor<7xf32>, tensor<8xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @eps(%0: tensor<1x8x6x6xf32>, %1: tensor<8xf32>, %2: tensor<8xf32>, %3: tensor<8xf32>, %4: tensor<8xf32>) {
  // expected-error@+2 {{'batch_norm' needs eps of at least 0, got -1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.batch_norm %0, %1, %2, %3, %4 {eps = -1.0 : f64}
      : (tensor<1x8x6x6xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x6x6xf32>
  return
}
