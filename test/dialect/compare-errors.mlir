// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'compare' is checked and named.

func.func @neither(%0: tensor<8xf32>) {
  // expected-error@+2 {{'eq' needs a second operand or a value, got neither [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.compare %0 {kind = #lathe<compare_kind eq>}
      : (tensor<8xf32>) -> tensor<8xi1>
  return
}

// -----

func.func @types(%0: tensor<8xf32>, %1: tensor<8xf64>) {
  // expected-error@+2 {{'eq' needs one element type, got 'f32' and 'f64' [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.compare %0, %1 {kind = #lathe<compare_kind eq>}
      : (tensor<8xf32>, tensor<8xf64>) -> tensor<8xi1>
  return
}

// -----

func.func @shapes(%0: tensor<2x8xf32>, %1: tensor<2x7xf32>) {
  // expected-error@+2 {{'eq' cannot pair the shapes [2, 8] and [2, 7] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.compare %0, %1 {kind = #lathe<compare_kind eq>}
      : (tensor<2x8xf32>, tensor<2x7xf32>) -> tensor<2x8xi1>
  return
}

// -----

func.func @order(%0: tensor<8xi1>, %1: tensor<8xi1>) {
  // expected-error@+2 {{'lt' does not order elements of 'i1'; eq and ne compare them [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.compare %0, %1 {kind = #lathe<compare_kind lt>}
      : (tensor<8xi1>, tensor<8xi1>) -> tensor<8xi1>
  return
}

// -----

func.func @range(%0: tensor<8xi8>) {
  // expected-error@+2 {{'lt' cannot take the value 300 as 'i8' [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.compare %0 {kind = #lathe<compare_kind lt>, value = 300.0 : f64}
      : (tensor<8xi8>) -> tensor<8xi1>
  return
}
