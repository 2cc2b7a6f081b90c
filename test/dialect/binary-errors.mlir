// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'binary' is checked and named.

func.func @neither(%0: tensor<8xf32>) {
  // expected-error@+2 {{'add' needs a second operand or a value, got neither [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.binary %0 {kind = #lathe<binary_kind add>}
      : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @both(%0: tensor<8xf32>, %1: tensor<8xf32>) {
  // expected-error@+2 {{'add' needs a second operand or a value, got both [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.binary %0, %1 {kind = #lathe<binary_kind add>, value = 1.0 : f64}
      : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @types(%0: tensor<8xf32>, %1: tensor<8xf64>) {
  // expected-error@+2 {{'add' needs one element type, got 'f32' and 'f64' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.binary %0, %1 {kind = #lathe<binary_kind add>}
      : (tensor<8xf32>, tensor<8xf64>) -> tensor<8xf32>
  return
}

// -----

func.func @shapes(%0: tensor<2x8xf32>, %1: tensor<2x7xf32>) {
  // expected-error@+2 {{'add' cannot pair the shapes [2, 8] and [2, 7] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.binary %0, %1 {kind = #lathe<binary_kind add>}
      : (tensor<2x8xf32>, tensor<2x7xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @other_name(%0: tensor<?xf32, #lathe.dims<"batch">>, %1: tensor<?xf32, #lathe.dims<"tokens">>) {
  // expected-error@+2 {{'add' cannot pair the shapes [batch] and [tokens] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.binary %0, %1 {kind = #lathe<binary_kind add>}
      : (tensor<?xf32, #lathe.dims<"batch">>, tensor<?xf32, #lathe.dims<"tokens">>) -> tensor<?xf32,
         #lathe.dims<"batch">>
  return
}

// -----

func.func @integer_division(%0: tensor<8xi32>, %1: tensor<8xi32>) {
  // expected-error@+2 {{'div' does not take elements of 'i32'; cast them first [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.binary %0, %1 {kind = #lathe<binary_kind div>}
      : (tensor<8xi32>, tensor<8xi32>) -> tensor<8xi32>
  return
}

// -----

func.func @fraction(%0: tensor<8xi32>) {
  // expected-error@+2 {{'add' cannot take the value 0.5 as 'i32' [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.binary %0 {kind = #lathe<binary_kind add>, value = 0.5 : f64}
      : (tensor<8xi32>) -> tensor<8xi32>
  return
}

// -----

func.func @range(%0: tensor<8xui8>) {
  // expected-error@+2 {{'add' cannot take the value 256 as 'ui8' [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.binary %0 {kind = #lathe<binary_kind add>, value = 256.0 : f64}
      : (tensor<8xui8>) -> tensor<8xui8>
  return
}
