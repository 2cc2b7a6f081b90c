// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// 'cast' has no numbered constraints: its types are checked.

func.func @element(%x: tensor<2xindex>) {
  // expected-error@+1 {{'lathe.cast' op operand #0 must be ranked tensor of}}
  %r = lathe.cast %x {to = #lathe<element_kind f32>} : (tensor<2xindex>) -> tensor<2xf32>
  return
}

// -----

func.func @result(%x: tensor<2xf32>) {
  // expected-error@+2 {{'lathe.cast' op inferred type(s) 'tensor<2xi32>' are incompatible with return type(s) of operation 'tensor<2xi64>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.cast %x {to = #lathe<element_kind i32>} : (tensor<2xf32>) -> tensor<2xi64>
  return
}
