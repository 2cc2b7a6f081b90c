// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'distillation_loss' is checked and named.

func.func @pixels(%0: tensor<2x3xf32>, %1: tensor<4x3xf32>) {
  // expected-error@+2 {{'distillation_loss' needs a student and a teacher of one type but along the dimension 1, got 'tensor<2x3xf32>' and 'tensor<4x3xf32>' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @elements(%0: tensor<2x3xf32>, %1: tensor<2x3xf16>) {
  // expected-error@+2 {{'distillation_loss' needs a student and a teacher of one type but along the dimension 1, got 'tensor<2x3xf32>' and 'tensor<2x3xf16>' [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf16>) -> tensor<1xf32>
  return
}

// -----

func.func @axis(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'distillation_loss' has the axis -3, but the tensor has 2 dimensions [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind mse>, axis = -3 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @wider(%0: tensor<2x4xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'distillation_loss' needs a student with no more channels than its teacher, got 4 and 3 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @classes(%0: tensor<2x2xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'distillation_loss' needs a student with as many classes as its teacher, got 2 and 3 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind kl>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @temperature(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'distillation_loss' needs a temperature above 0, got 0 [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind kl>, axis = 1 : i64, temperature = 0.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @mse(%0: tensor<2x3xf32>, %1: tensor<2x3xf32>) {
  // expected-error@+2 {{'distillation_loss' needs a temperature of 1 for mse, got 2 [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.distillation_loss %0, %1
      {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 2.0 : f64, reduction = #lathe<loss_reduction mean>}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

// What a dimension may be at most, only the model knows.
module attributes {lathe.dims = {width = array<i64: 1, 9>}} {
  func.func @bounds(%0: tensor<2x?xf32, #lathe.dims<"", "width">>, %1: tensor<2x8xf32>) {
    // expected-error@+1 {{'distillation_loss' needs a student with no more channels than its teacher, but 'width' may be above 8 [C3]}}
    %r = lathe.distillation_loss %0, %1
        {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64, reduction = #lathe<loss_reduction mean>}
        : (tensor<2x?xf32, #lathe.dims<"", "width">>, tensor<2x8xf32>) -> tensor<1xf32>
    return
  }
}
