// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'cross_entropy' is checked and named.

func.func @axis(%0: tensor<2x3xf32>, %1: tensor<2xi64>) {
  // expected-error@+2 {{'cross_entropy' has the axis 2, but the tensor has 2 dimensions [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.cross_entropy %0, %1
      {axis = 2 : i64, reduction = #lathe<loss_reduction mean>, label_smoothing = 0.0 : f64}
      : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<1xf32>
  return
}

// -----

func.func @shape(%0: tensor<2x3xf32>, %1: tensor<3xi64>) {
  // expected-error@+2 {{'cross_entropy' needs whole numbers [2] as targets of logits [2, 3], got 'tensor<3xi64>' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.cross_entropy %0, %1
      {axis = -1 : i64, reduction = #lathe<loss_reduction mean>, label_smoothing = 0.0 : f64}
      : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<1xf32>
  return
}

// -----

func.func @truth(%0: tensor<2x3xf32>, %1: tensor<2xi1>) {
  // expected-error@+2 {{'cross_entropy' needs whole numbers [2] as targets of logits [2, 3], got 'tensor<2xi1>' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.cross_entropy %0, %1
      {axis = -1 : i64, reduction = #lathe<loss_reduction mean>, label_smoothing = 0.0 : f64}
      : (tensor<2x3xf32>, tensor<2xi1>) -> tensor<1xf32>
  return
}

// -----

func.func @smoothing(%0: tensor<2x3xf32>, %1: tensor<2xi64>) {
  // expected-error@+2 {{'cross_entropy' needs label_smoothing from 0 to 1, got 1.5 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.cross_entropy %0, %1
      {axis = -1 : i64, reduction = #lathe<loss_reduction mean>, label_smoothing = 1.5 : f64}
      : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<1xf32>
  return
}
