// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'embedding' is checked and named.

func.func @table(%0: tensor<7xi64>, %1: tensor<100x16x2xf32>) {
  // expected-error@+2 {{'embedding' needs a weight [count, features], got [100, 16, 2] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.embedding %0, %1
      : (tensor<7xi64>, tensor<100x16x2xf32>) -> tensor<7x16xf32>
  return
}
