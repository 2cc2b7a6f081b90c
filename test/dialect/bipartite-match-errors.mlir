// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'bipartite_match' is checked and named.

func.func @no_columns(%0: tensor<4xf32>) {
  // expected-error@+2 {{'bipartite_match' needs a cost [..., rows, columns], got [4] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.bipartite_match %0 : (tensor<4xf32>) -> tensor<i64>
  return
}
