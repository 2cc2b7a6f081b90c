// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'reshape' is checked and named.

func.func @negative(%0: tensor<8xf32>) {
  // expected-error@+2 {{'reshape' cannot give [8] the shape [-2]: '-2' is no size [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reshape %0 {shape = [-2]}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @two_remainders(%0: tensor<8xf32>) {
  // expected-error@+2 {{only one size can be -1 [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reshape %0 {shape = [-1, -1]}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @no_expression(%0: tensor<8xf32>) {
  // expected-error@+2 {{'8 +' is no size [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reshape %0 {shape = ["8 +"]}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @no_place(%0: tensor<8xf32>) {
  // expected-error@+2 {{there is no dimension 1 whose size 0 could keep [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reshape %0 {shape = [8, 0]}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @count(%0: tensor<8xf32>) {
  // expected-error@+2 {{'reshape' cannot give [8] the shape [3, 3]: 8 elements against 9 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reshape %0 {shape = [3, 3]}
      : (tensor<8xf32>) -> tensor<3x3xf32>
  return
}

// -----

func.func @no_whole_number(%0: tensor<8xf32>) {
  // expected-error@+2 {{8 elements are no multiple of 3 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reshape %0 {shape = [3, -1]}
      : (tensor<8xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @names(%0: tensor<?x8xf32, #lathe.dims<"batch", "">>) {
  // expected-error@+2 {{8*batch elements against 8*tokens [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.reshape %0 {shape = ["tokens", 8]}
      : (tensor<?x8xf32, #lathe.dims<"batch", "">>) -> tensor<?x8xf32, #lathe.dims<"tokens", "">>
  return
}
