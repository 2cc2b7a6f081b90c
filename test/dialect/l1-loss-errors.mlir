// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'l1_loss' is checked and named.

func.func @target(%0: tensor<2x3xf32>, %1: tensor<2x3xf16>) {
  // expected-error@+2 {{'l1_loss' needs an input and a target of one type, got 'tensor<2x3xf32>' and 'tensor<2x3xf16>' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.l1_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, beta = 0.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf16>) -> tensor<1xf32>
  return
}

// -----

func.func @beta(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'l1_loss' needs beta of at least 0, got -0.5 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.l1_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, beta = -0.5 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @weight(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>, %2: tensor<4x2x3xf32>) {
  // expected-error@+2 {{'l1_loss' cannot stretch a weight of [4, 2, 3] to losses of [2, 3] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.l1_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1, 0>, beta = 0.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<4x2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @factor(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>, %2: tensor<1x1xf32>) {
  // expected-error@+2 {{'l1_loss' needs a factor [] or [1], got [1, 1] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.l1_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 0, 1>, beta = 0.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<1x1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @reduction(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>, %2: tensor<1xf32>) {
  // expected-error@+2 {{'l1_loss' has a factor, which divides a mean, but the reduction none [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.l1_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 0, 1>, beta = 0.0 : f64, reduction = #lathe<loss_reduction none>}
      : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<1xf32>) -> tensor<2x3xf32>
  return
}
