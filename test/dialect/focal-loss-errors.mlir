// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'focal_loss' is checked and named.

func.func @rank(%0: tensor<f32>, %1: tensor<f32>) {
  // expected-error@+2 {{'focal_loss' needs logits with a last dimension [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.focal_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<f32>, tensor<f32>) -> tensor<1xf32>
  return
}

// -----

func.func @target(%0: tensor<2x3xf32>, %1: tensor<2x4xf32>) {
  // expected-error@+2 {{'focal_loss' needs targets [2, 3] or whole numbers [2], got 'tensor<2x4xf32>' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.focal_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @labels(%0: tensor<2x3xf32>, %1: tensor<2xf32>) {
  // expected-error@+2 {{'focal_loss' needs targets [2, 3] or whole numbers [2], got 'tensor<2xf32>' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.focal_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @alpha(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'focal_loss' needs alpha from 0 to 1, got -1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.focal_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = -1.0 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @gamma(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'focal_loss' needs gamma of at least 0, got -1 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.focal_loss %0, %1
      {operandSegmentSizes = array<i32: 1, 1, 0, 0>, alpha = 0.25 : f64, gamma = -1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @weight(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>, %2: tensor<2xf32>) {
  // expected-error@+2 {{'focal_loss' cannot stretch a weight of [2] to losses of [2, 3] [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.focal_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 1, 0>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @factor(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>, %2: tensor<2xf32>) {
  // expected-error@+2 {{'focal_loss' needs a factor [] or [1], got [2] [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.focal_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 0, 1>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @reduction(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>, %2: tensor<1xf32>) {
  // expected-error@+2 {{'focal_loss' has a factor, which divides a mean, but the reduction sum [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.focal_loss %0, %1, %2
      {operandSegmentSizes = array<i32: 1, 1, 0, 1>, alpha = 0.25 : f64, gamma = 2.0 : f64, reduction = #lathe<loss_reduction sum>}
      : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<1xf32>) -> tensor<1xf32>
  return
}
