// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'rotary' is checked and named.

func.func @case0(%x: tensor<3x8xf32>) {
  // expected-error@+2 {{'rotary' needs an input [N, T, features] with static features, got [3, 8] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary %x {head_dim = 4, style = #lathe<rotary_style halves>, dims = 4, theta = 10000.0, past = ""} : (tensor<3x8xf32>) -> tensor<3x8xf32>
  return
}

// -----

func.func @case1(%x: tensor<1x3x8xf32>) {
  // expected-error@+2 {{'rotary' needs features divisible by head_dim: 8 features, heads of 3 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary %x {head_dim = 3, style = #lathe<rotary_style halves>, dims = 2, theta = 10000.0, past = ""} : (tensor<1x3x8xf32>) -> tensor<1x3x8xf32>
  return
}

// -----

func.func @case2(%x: tensor<1x3x8xf32>) {
  // expected-error@+2 {{'rotary' turns an even number of features of a head of 4, not 3 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary %x {head_dim = 4, style = #lathe<rotary_style halves>, dims = 3, theta = 10000.0, past = ""} : (tensor<1x3x8xf32>) -> tensor<1x3x8xf32>
  return
}

// -----

func.func @case3(%x: tensor<1x3x8xf32>) {
  // expected-error@+2 {{'rotary' needs a positive theta, got 0 [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary %x {head_dim = 4, style = #lathe<rotary_style halves>, dims = 4, theta = 0.0, past = ""} : (tensor<1x3x8xf32>) -> tensor<1x3x8xf32>
  return
}

// -----

func.func @case4(%x: tensor<1x3x8xf32>) {
  // expected-error@+2 {{'rotary' needs the name of a dimension as 'past', got '+' [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary %x {head_dim = 4, style = #lathe<rotary_style halves>, dims = 4, theta = 10000.0, past = "+"} : (tensor<1x3x8xf32>) -> tensor<1x3x8xf32>
  return
}

// -----

func.func @turn1(%x: tensor<3x8xf32>, %angles: tensor<2x3x1x2xf32>) {
  // expected-error@+2 {{'rotary_turn' needs tokens [N, T, heads · head_dim] and their angles [2, T, 1, dims / 2], dims being even and at most head_dim [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary_turn %x, %angles {head_dim = 4, style = #lathe<rotary_style halves>, dims = 4} : (tensor<3x8xf32>, tensor<2x3x1x2xf32>) -> tensor<3x8xf32>
  return
}

// -----

func.func @turn2(%x: tensor<1x3x8xf32>, %angles: tensor<2x3x1x1xf32>) {
  // expected-error@+2 {{'rotary_turn' needs tokens [N, T, heads · head_dim] and their angles [2, T, 1, dims / 2], dims being even and at most head_dim [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary_turn %x, %angles {head_dim = 4, style = #lathe<rotary_style halves>, dims = 4} : (tensor<1x3x8xf32>, tensor<2x3x1x1xf32>) -> tensor<1x3x8xf32>
  return
}

// -----

func.func @turn3(%x: tensor<1x3x8xf32>, %angles: tensor<2x3x1x2xf32>) {
  // expected-error@+2 {{'rotary_turn' needs tokens [N, T, heads · head_dim] and their angles [2, T, 1, dims / 2], dims being even and at most head_dim [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary_turn %x, %angles {head_dim = 3, style = #lathe<rotary_style halves>, dims = 4} : (tensor<1x3x8xf32>, tensor<2x3x1x2xf32>) -> tensor<1x3x8xf32>
  return
}

// -----

func.func @turn4(%x: tensor<1x3x8xf32>, %angles: tensor<2x3x1x2xf32>) {
  // expected-error@+2 {{'rotary_turn' needs tokens [N, T, heads · head_dim] and their angles [2, T, 1, dims / 2], dims being even and at most head_dim [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.rotary_turn %x, %angles {head_dim = 0, style = #lathe<rotary_style halves>, dims = 4} : (tensor<1x3x8xf32>, tensor<2x3x1x2xf32>) -> tensor<1x3x8xf32>
  return
}
