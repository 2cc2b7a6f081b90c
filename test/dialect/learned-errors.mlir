// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// 'learned' has no constraints but that its result is the parameter.

func.func @other_shape(%0: tensor<3x2xf32>) {
  // expected-error@+2 {{'lathe.learned' op inferred type(s) 'tensor<3x2xf32>' are incompatible with return type(s) of operation 'tensor<2x3xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.learned %0 : (tensor<3x2xf32>) -> tensor<2x3xf32>
  return
}
