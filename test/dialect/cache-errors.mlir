// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'cache' is checked and named.

lathe.state @s : tensor<8xf32>
func.func @rank(%x: tensor<8xf32>) {
  // expected-error@+2 {{'cache' needs an input [batch, tokens, …] of rank 2 to 4, got [8] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.cache %x {capacity = 8 : i64, past = "past", buffer = @s} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

lathe.state @s : tensor<1x8xf32>
func.func @capacity(%x: tensor<1x1xf32>) {
  // expected-error@+2 {{'cache' needs a capacity of at least 1, got 0 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.cache %x {capacity = 0 : i64, past = "past", buffer = @s}
      : (tensor<1x1xf32>) -> tensor<1x?xf32, #lathe.dims<"", "past + 1">>
  return
}

// -----

lathe.state @s : tensor<1x8xf32>
func.func @name(%x: tensor<1x1xf32>) {
  // expected-error@+2 {{'cache' needs the name of a dimension as 'past', got '2*past' [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.cache %x {capacity = 8 : i64, past = "2*past", buffer = @s}
      : (tensor<1x1xf32>) -> tensor<1x?xf32, #lathe.dims<"", "2*past + 1">>
  return
}

// -----

lathe.state @s : tensor<1x8xf32>
func.func @unknown(%x: tensor<1x1xf32>) {
  // expected-error@+1 {{'cache' counts the filled positions by 'past', which is no dimension of the model; declare it in 'dims' with the input that holds it as 'from' [C3]}}
  %r = lathe.cache %x {capacity = 8 : i64, past = "past", buffer = @s}
      : (tensor<1x1xf32>) -> tensor<1x?xf32, #lathe.dims<"", "past + 1">>
  return
}

// -----

module attributes {lathe.dims = {past = array<i64: 0, 7>, tokens = array<i64: 1, 8>}} {
  lathe.state @s : tensor<1x8xf32>
  func.func @room(%x: tensor<1x?xf32, #lathe.dims<"", "tokens">>) {
    // expected-error@+1 {{'cache' has room for 8 positions, but 'past + tokens' can be 15; bound the dimension by 'max: "-tokens + 8"' [C4]}}
    %r = lathe.cache %x {capacity = 8 : i64, past = "past", buffer = @s}
        : (tensor<1x?xf32, #lathe.dims<"", "tokens">>) -> tensor<1x?xf32, #lathe.dims<"", "past + tokens">>
    return
  }
}

// -----

module attributes {lathe.dims = {past = array<i64: 0, 7>}} {
  lathe.state @s : tensor<1x8xf64>
  func.func @state(%x: tensor<1x1xf32>) {
    // expected-error@+1 {{needs a lathe.state named 's' of the type 'tensor<1x8xf32>' [C5]}}
    %r = lathe.cache %x {capacity = 8 : i64, past = "past", buffer = @s}
        : (tensor<1x1xf32>) -> tensor<1x?xf32, #lathe.dims<"", "past + 1">>
    return
  }
}
