// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'giou_loss' is checked and named.

func.func @corners(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'giou_loss' needs boxes and targets [..., 4] of one type, got 'tensor<2x3xf32>' and 'tensor<2x3xf32>' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.giou_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @pairs(%0: tensor<2x4xf32>, %1: tensor<3x4xf32>) {
  // expected-error@+2 {{'giou_loss' needs boxes and targets [..., 4] of one type, got 'tensor<2x4xf32>' and 'tensor<3x4xf32>' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.giou_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @eps(%0: tensor<2x4xf32>, %1: tensor<2x4xf32>) {
  // expected-error@+2 {{'giou_loss' needs eps of at least 0, got -1 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.giou_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, eps = -1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @weight(%0: tensor<2x4xf32>, %1: tensor<2x4xf32>, %2: tensor<2x1xf32>) {
  // expected-error@+2 {{'giou_loss' cannot stretch a weight of [2, 1] to losses of [2] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.giou_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1, 0>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @factor(%0: tensor<2x4xf32>, %1: tensor<2x4xf32>, %2: tensor<2xf32>) {
  // expected-error@+2 {{'giou_loss' needs a factor [] or [1], got [2] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.giou_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 0, 1>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @reduction(%0: tensor<2x4xf32>, %1: tensor<2x4xf32>, %2: tensor<1xf32>) {
  // expected-error@+2 {{'giou_loss' has a factor, which divides a mean, but the reduction sum [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.giou_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 0, 1>, eps = 1.0e-6 : f64, reduction = #lathe<loss_reduction sum>}
      : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<1xf32>) -> tensor<1xf32>
  return
}
