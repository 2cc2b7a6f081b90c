// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'unary' is checked and named.

func.func @integer_root(%0: tensor<3xi32>) {
  // expected-error@+2 {{'sqrt' does not take elements of 'i32'; cast them to a float [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.unary %0 {kind = #lathe<unary_kind sqrt>}
      : (tensor<3xi32>) -> tensor<3xi32>
  return
}

// -----

func.func @unsigned_neg(%0: tensor<3xui8>) {
  // expected-error@+2 {{'neg' does not take elements of 'ui8'; cast them to a float [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.unary %0 {kind = #lathe<unary_kind neg>}
      : (tensor<3xui8>) -> tensor<3xui8>
  return
}

// -----

func.func @truth(%0: tensor<3xi1>) {
  // expected-error@+2 {{'abs' does not take elements of 'i1'; cast them to a float [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.unary %0 {kind = #lathe<unary_kind abs>}
      : (tensor<3xi1>) -> tensor<3xi1>
  return
}
