// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'choose' is checked and named.

func.func @index(%i: tensor<1xi32>, %a: tensor<4xf32>) {
  // expected-error@+2 {{'choose' needs a scalar as the number, got [1] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.choose %i of %a : (tensor<1xi32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @types(%i: tensor<i32>, %a: tensor<4xf32>, %b: tensor<5xf32>) {
  // expected-error@+2 {{'choose' needs parameters of one type to choose from [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.choose %i of %a, %b : (tensor<i32>, tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @stack(%i: tensor<i32>, %a: tensor<2x4xf32>) {
  // expected-error@+2 {{'choose' needs one stack of parameters, got 2 of the shape [2, 4] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = lathe.choose %i of %a, %a {stacked} : (tensor<i32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4xf32>
  return
}
