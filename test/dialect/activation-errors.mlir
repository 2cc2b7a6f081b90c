// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'activation' is checked and named.

func.func @no_constant(%0: tensor<8xf32>) {
  // expected-error@+2 {{'relu' takes no alpha; leaky_relu, elu, softshrink and hardshrink do [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.activation %0 {kind = #lathe<activation_kind relu>, alpha = 0.1 : f64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @negative_threshold(%0: tensor<8xf32>) {
  // expected-error@+2 {{'softshrink' needs alpha of at least 0, got -0.1 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.activation %0 {kind = #lathe<activation_kind softshrink>, alpha = -0.1 : f64}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}
