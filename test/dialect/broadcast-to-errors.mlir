// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'broadcast_to' is checked and named.

func.func @zero(%0: tensor<1xf32>) {
  // expected-error@+2 {{'0' is no size [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.broadcast_to %0 {shape = [0]}
      : (tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @fewer(%0: tensor<1x8xf32>) {
  // expected-error@+2 {{'broadcast_to' cannot give [1, 8] the shape [8]: it has fewer dimensions [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.broadcast_to %0 {shape = [8]}
      : (tensor<1x8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @no_place(%0: tensor<8xf32>) {
  // expected-error@+2 {{-1 stands at an added dimension [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.broadcast_to %0 {shape = [-1, 8]}
      : (tensor<8xf32>) -> tensor<1x8xf32>
  return
}

// -----

func.func @size(%0: tensor<8xf32>) {
  // expected-error@+2 {{the size 8 does not stretch to 16 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.broadcast_to %0 {shape = [16]}
      : (tensor<8xf32>) -> tensor<16xf32>
  return
}
